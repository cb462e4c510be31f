# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: quality_gates
short_description: Run the quality gates of a build
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs the commands that the environment declares in a checkout of the source, one after the other, reads their
    reports, and compares them with thresholds.
  - A gate has one of three verdicts. V(fail) - there are findings that count, or coverage is below its minimum.
    V(not audited) - the program is missing, crashed or did not end in time; there is no report, or it is of an earlier
    run; nothing was examined, or packages were skipped. V(pass) - everything else.
  - A finding that counts is a failure whatever the exit code is. An exit code other than 0 that the report does not
    explain is V(not audited).
  - Commands get the environment of Ansible without the variables of AWS, GitHub and Ansible and without what looks
    like a secret by its name or its value, and no standard input.
  - What they leave running in their process group is stopped.
options:
  path:
    description: A checkout of the source.
    type: raw
    required: true
  gates:
    description:
      - The gates, in the order in which they are run. Each is a mapping with these fields.
      - C(name) is its name in the manifest.
      - C(kind) is what its report is - V(junit), V(jacoco), V(cobertura), V(coverage-py) (of C(coverage json)),
        V(lcov), or the JSON of V(ruff), V(eslint), V(pip-audit), V(npm-audit) (npm's or pnpm's) and V(trivy). With
        V(sql) the command prints SQL, as C(alembic upgrade head --sql) does, which squawk lints. With V(exit-code) the
        exit code is all that there is.
      - C(command) is a list of texts; no shell reads it. Without one, the gate reads what the command of an earlier
        gate wrote; V(npm-audit), V(sql) and V(exit-code) need one. C({service}) and C({image}) are those of the
        service.
      - C(directory) is where the command is run, below the source. C(report) is a pattern of files below it (C(**)
        crosses directories); without it, the report is what the command prints. C(timeout) is in seconds, by default
        900. C(environment) is a mapping of variables of the command; or a list of names, those of variables that it
        gets from the environment of Ansible although they look like a secret. In a mapping, these have no value.
      - C(services) is V(all) or a list. The gate is then run for each of them by itself; of a build, only for those
        that were built. C(artifact) names the artifact of the build that the gate is about.
      - C(minimum) is the required coverage in percent, C(of) V(lines) (default) or V(branches).
      - C(severity) is the lowest severity that counts - V(info), V(low), V(moderate), V(high) or V(critical) for
        V(npm-audit) (default V(low)) and V(trivy) (V(high)), V(warning) or V(error) for V(ruff) (V(warning)) and
        V(eslint) (V(error)). What has no known severity counts. C(maximum) is how many findings are no failure.
      - C(allow) lists findings that do not count, each with C(id) (or an alias of it, or the name of a package that the
        scanner skips), C(until), the last day on which it is allowed, and C(reason).
      - C(exclude) lists rules of squawk that are ignored, C(fail_on) its levels and rules that count (default
        V(error)). C(postgresql) is the version that it assumes.
      - C(not_audited) is V(fail) or V(warn), instead of O(not_audited).
    type: raw
    required: true
  not_audited:
    description: Whether a gate that is not audited fails the build (V(fail)) or is only reported (V(warn)).
    type: raw
    default: fail
  build:
    description:
      - The id of a build, or V(latest). Its services are examined, and the results become the C(gates) of its manifest.
        The checkout must be at the commit that was built, without changes.
      - A finished build that a gate fails has the result V(failed), so that it cannot be deployed, until its gates are
        run again and none fails it.
      - A deploy of the build compares the manifest with the gates that its environment declares. It is refused if one
        failed, was not run, or was not audited where that fails the build.
    type: raw
    default: ""
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Run the gates
  slipway.deploy.quality_gates:
    path: ../SaliteMihret
    build: "{{ build | default('') }}"
    gates:
      - name: tests
        directory: server
        command: [pytest, --junitxml=junit.xml, --cov, --cov-report=json]
        kind: junit
        report: junit.xml
      - name: coverage
        directory: server
        kind: coverage-py
        report: coverage.json
        minimum: 80
      - name: ruff
        command: [ruff, check, --output-format=json, server]
        kind: ruff
      - name: lint
        directory: frontend
        command: [pnpm, --silent, lint, --format=json]
        kind: eslint
      - name: pip-audit
        command: [pip-audit, --format=json, -r, server/requirements.txt]
        kind: pip-audit
        allow:
          - {id: CVE-2026-1234, until: 2027-01-31, reason: "the vulnerable function is not called"}
      - name: npm audit
        directory: frontend
        command: [npm, audit, --json, --omit=dev]
        kind: npm-audit
        severity: high
      - name: migrations
        directory: server
        command: [alembic, upgrade, head, --sql]
        kind: sql
      - name: trivy
        services: all
        command: [trivy, image, --format=json, "{image}"]
        kind: trivy
        not_audited: warn
  run_once: true
"""

RETURN = r"""
verdict:
  description: V(fail) if one gate failed, else V(not audited) if one is not audited, else V(pass).
  returned: success
  type: str
  sample: pass
blocked:
  description: The gates that fail the build.
  returned: success
  type: list
  elements: str
  sample: [trivy of user-service]
gates:
  description: The results for the build as a whole, as its manifest has them.
  returned: success
  type: list
  elements: dict
  sample:
    - name: coverage
      verdict: pass
      detail: 81.2 % of lines, at least 80 %
      count: null
services:
  description: The results for each service.
  returned: success
  type: dict
  sample: {}
artifacts:
  description: The results for each artifact.
  returned: success
  type: dict
  sample: {}
annotations:
  description: Findings with their places in the source, for annotations of a workflow.
  returned: success
  type: list
  elements: dict
  sample:
    - level: error
      title: "ruff: F401"
      message: "`os` imported but unused"
      file: server/app/main.py
      line: 3
schema:
  description: The version of this document.
  returned: success
  type: str
  sample: slipway/quality/1
"""
