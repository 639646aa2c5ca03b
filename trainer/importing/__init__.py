"""Files as others write them, as rows of ours."""
