"""The `calibrations` table: for each encoder the weights that were fitted on this machine."""

import json

from bot.store.database.connections import Connections
from bot.store.database.personal_data import TableErasure
from trainer.retrieval.calibration import Calibration

ERASURE = (
    TableErasure(
        "calibrations",
        impersonal={"encoder": "a fingerprint of files", "weights": "numbers"},
    ),
)


class Calibrations:
    """Calibrations that do not come with the program."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def get(self, encoder: str) -> Calibration | None:
        """Returns that of an encoder, None where it was not made yet."""
        rows = self._connections.db.query(
            "select weights from calibrations where encoder = ?", [encoder]
        )
        return next((Calibration.from_json(json.loads(row["weights"])) for row in rows), None)

    def put(self, calibration: Calibration) -> None:
        """Keeps one in the place of an older one of the same encoder."""
        with self._connections.write() as db:
            db.conn.execute(
                "insert or replace into calibrations (encoder, weights) values (?, ?)",
                [calibration.encoder, json.dumps(calibration.to_json())],
            )
