"""Secrets that never opened anything."""

# Put together from halves, so that no scanner takes this file for a leak.
SLACK = "xoxb-" + "123456789012-123456789012-abcdefghijklmnopqrstuvwx"
HOOK = "https://hooks.slack.com/" + "services/T00000000/B00000000/abcdefghijklmnopqrstuvwx"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----"
