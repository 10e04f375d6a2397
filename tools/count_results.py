"""Sums up the JUnit files and one-word verdicts of a folder; prints what failed and, last, the line of totals."""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def verdict(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
        return "skipped"
    return "passed"


def main(folder):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        failed_here = 0
        try:
            cases = list(ElementTree.parse(path).iter("testcase"))
        except ElementTree.ParseError as error:
            print(f"FAILED {path.stem}: no readable results: {error}")
            cases, counts["failed"] = [], counts["failed"] + 1
        for case in cases:
            result = verdict(case)
            counts[result] += 1
            if result == "failed":
                failed_here += 1
                print(f"FAILED {path.stem}: {case.get('classname', '')} {case.get('name')}")
            elif result == "skipped":
                print(f"skipped {path.stem}: {case.get('name')}")
        lone = path.with_suffix(".lone")
        if lone.exists() and failed_here:
            lone.unlink()  # the suite's own failure is already counted by its cases
    for path in sorted(pathlib.Path(folder).glob("*.lone")):
        result = path.read_text().strip()
        counts[result] += 1
        if result != "passed":
            print(f"{result} {path.stem}")
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    print(line + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    return 1 if counts["failed"] or not counts["passed"] else 0


sys.exit(main(sys.argv[1]))
