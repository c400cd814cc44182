"""schemathesis asks everything that the OpenAPI document describes, rightly and wrongly."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from support import ServiceTest, in_full

HERE = Path(__file__).parent
# All checks but two, which the document can't promise: a text may be a text and no filter, sentence
# or name that there is; and a `limit` beyond the largest is answered with the largest, as OGC asks.
EXCLUDED = "positive_data_acceptance,negative_data_rejection"


class OpenApi(ServiceTest):
    def test_answers_are_as_described(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            command = [Path(sys.executable).with_name("schemathesis")]
            command += ["--config-file", HERE / "schemathesis.toml", "run", f"{self.service.url}/api"]
            command += ["--checks=all", f"--exclude-checks={EXCLUDED}", "--phases=examples,coverage,fuzzing,stateful"]
            command += ["--seed=1", f"--max-examples={300 if in_full() else 20}", "--continue-on-failure"]
            command += ["--header", f"Authorization: Bearer {self.service.token()}"]
            command += ["--suppress-health-check=all", "--warnings=off", "--no-color", f"--report-json-path={report}"]
            run = subprocess.run(
                command,
                cwd=folder,
                env={
                    **os.environ,
                    "SCHEMATHESIS_HOOKS": "hooks",
                    "PYTHONPATH": str(HERE),
                    "SHARE": self.service.share(),
                },
                capture_output=True,
                text=True,
            )
            # Some of the addresses that it prints have tens of thousands of characters.
            said = "\n".join(line[:500] for line in (run.stdout + run.stderr).splitlines())
            self.assertEqual(run.returncode, 0, said)
            report = json.loads(report.read_text())
        self.assertEqual(report["operations"]["tested"], report["operations"]["total"], said)
        paths = self.service.json("/api")["paths"]
        described = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
        # Passwords can't be made up, and the log is for administrators: these refuse all that comes.
        refusing = {"POST /session", "POST /sign-in", "GET /audit"}
        self.assertLessEqual(described - set(report["valid_rates"]), refusing)
        for operation, phases in report["valid_rates"].items():
            method, path = operation.split(" ", 1)
            if "security" in paths[path][method.lower()]:
                # Nothing that is made up keeps every rule of the data.
                continue
            with self.subTest(operation):
                # Else all that was looked at would be refusals.
                self.assertGreater(sum(phase["accepted"] for phase in phases.values()), 0)
        # It is still there.
        self.service.json("/conformance")
