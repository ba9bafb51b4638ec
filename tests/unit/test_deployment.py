"""What stands in deploy/: valid for those who read it, and in agreement with the code and with itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import free_port

from jobpipe.cli.commands.scheduler import command as scheduler_command
from jobpipe.cli.commands.worker import command as worker_command
from jobpipe.definition.project import find_project
from jobpipe.definition.settings import ClusterSettings
from jobpipe.safety.secrets import variables_in

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
CONNECTED = DEPLOY / "container" / "connected.sh"
# Seconds from being told to end until nothing is in a worker's hands: jobpipe.cluster.child.PATIENCE, and a batch.
HAND_BACK = 90
_WITH_DEFAULT = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")
_VARIABLE = re.compile(r"\$\{(\w+)")


def tool(name: str) -> str:
    """A program beside this Python; the test that asks is skipped where it is not installed."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def passes(*command: str | Path, **more: Any) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr


def compose() -> dict[str, Any]:
    """As Compose reads it: variables put in."""
    text = (DEPLOY / "compose.yaml").read_text()
    filled = _WITH_DEFAULT.sub(lambda found: found[2] if (found[2] or "").isdigit() else "./filled-in", text)
    loaded: dict[str, Any] = yaml.safe_load(filled)
    return loaded


def manifests() -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        yield from yaml.safe_load_all(path.read_text())


def manifest(kind: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in manifests() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def deployments() -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] == "Deployment"]


# Valid ----------------------------------------------------------------------------------------------


def test_the_compose_file_has_the_schema_of_compose() -> None:
    passes(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_the_compose_file_says_what_compose_understands() -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    read = compose_spec.PyCompose.from_json(json.dumps(compose()))
    assert set(read.service_names()) == {"rabbitmq", "postgresql", "mongodb", "worker", "scheduler"}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_have_the_schema_of_kubernetes(path: Path) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for one in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_the_container_file_is_sound() -> None:
    passes(tool("hadolint"), DEPLOY / "Containerfile")


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_systemd_takes_the_unit_and_finds_it_hardened(unit: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    # The program that it starts lies elsewhere here.
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/job-pipe/bin/jobpipe", sys.executable))
    passes(analyze, "verify", "--man=no", here)
    passes(analyze, "security", "--offline=true", "--threshold=20", here)


def test_a_unit_that_is_wrong_is_refused(tmp_path: Path) -> None:
    """So that the test above can fail."""
    wrong = tmp_path / "job-pipe-worker.service"
    wrong.write_text((DEPLOY / "systemd" / wrong.name).read_text())  # its program is not there
    done = subprocess.run([tool("systemd-analyze"), "verify", "--man=no", wrong], capture_output=True, check=False)
    assert done.returncode != 0


# In agreement with the code -------------------------------------------------------------------------


def test_what_is_copied_into_the_image_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from=" not in line]
    sources = [word for words in copied for word in words if not word.startswith("--")]
    assert len(sources) >= 5
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_image_asks_for_extras_that_there_are() -> None:
    found = re.search(r"ARG EXTRAS=(\S+)", (DEPLOY / "Containerfile").read_text())
    assert found is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(found[1].split(",")) <= set(project["optional-dependencies"])


def test_the_settings_of_the_example_are_valid_and_name_all_three_stores(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "jobpipe.yaml", tmp_path)
    given = dict.fromkeys(("LEDGER_PASSWORD", "DOCUMENTS_PASSWORD", "BROKER_PASSWORD"), "s3cret")
    cluster = find_project(tmp_path, {}).settings.cluster.resolved(given)
    assert cluster == ClusterSettings(
        ledger="postgresql://jobpipe:s3cret@postgresql:5432/jobpipe",
        documents="mongodb://jobpipe:s3cret@mongodb:27017/jobpipe?replicaSet=rs0",
        broker="amqp://jobpipe:s3cret@rabbitmq:5672/jobpipe",
    )


def required_variables() -> set[str]:
    """Those without which the settings of the example say nothing."""
    written = variables_in((DEPLOY / "jobpipe.yaml").read_text())
    return {found[1] for one in written if ":-" not in one and (found := _VARIABLE.match(one))}


def test_workers_get_the_variables_that_the_settings_ask_for() -> None:
    needed = required_variables()
    assert needed
    for service in ("worker", "scheduler"):
        assert needed <= set(compose()["services"][service]["environment"])
    assert needed <= set(manifest("Secret", "job-pipe")["stringData"])
    example = {line.partition("=")[0] for line in (DEPLOY / "env.example").read_text().splitlines()}
    assert needed <= example


def test_the_compose_file_asks_for_nothing_that_the_example_of_its_variables_lacks() -> None:
    asked = set(_VARIABLE.findall((DEPLOY / "compose.yaml").read_text()))
    example = {line.partition("=")[0] for line in (DEPLOY / "env.example").read_text().splitlines()}
    assert asked
    assert asked <= example


def test_workers_and_schedulers_are_started_with_options_that_they_have() -> None:
    commands = {"worker": worker_command, "scheduler": scheduler_command}
    started = [compose()["services"][service]["command"] for service in commands]
    started += [one["spec"]["template"]["spec"]["containers"][0]["args"] for one in deployments()]
    assert [name for name, *_ in started] == ["worker", "scheduler", "worker", "worker", "scheduler"]
    for name, *arguments in started:
        commands[name].make_context(name, list(arguments))


def test_one_deployment_transforms_and_the_other_conducts() -> None:
    options = {}
    for one in deployments():
        args = one["spec"]["template"]["spec"]["containers"][0]["args"]
        if args[0] == "scheduler":
            continue
        options[one["metadata"]["name"]] = worker_command.make_context("worker", list(args[1:])).params
    assert options["transform"]["processes"]
    assert options["transform"]["conductors"] == 0
    assert options["conduct"]["processes"] == 0
    assert options["conduct"]["conductors"]


def test_workers_are_given_the_time_to_hand_their_work_back() -> None:
    unit = (DEPLOY / "systemd" / "job-pipe-worker.service").read_text()
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert found is not None
    assert int(found[1]) >= HAND_BACK
    # SIGTERM to every process of the unit would kill the batches and the conductors.
    assert "\nKillMode=mixed\n" in unit
    assert compose()["services"]["worker"]["stop_grace_period"] == "2m"
    for one in deployments():
        assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= HAND_BACK


def test_budgets_and_services_select_pods_that_there_are() -> None:
    labels = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in manifests()
        if one["kind"] in ("Deployment", "StatefulSet")
    ]
    selectors = [one["spec"]["selector"] for one in manifests() if one["kind"] == "Service"]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in manifests() if one["kind"] == "PodDisruptionBudget"]
    assert len(selectors) == 5
    for selector in selectors:
        assert any(selector.items() <= one.items() for one in labels), selector


def test_the_config_of_kubernetes_names_the_services_for_trying_out() -> None:
    services = {one["metadata"]["name"] for one in manifests() if one["kind"] == "Service"}
    config = manifest("ConfigMap", "job-pipe")["data"]
    assert {config["LEDGER_HOST"], config["DOCUMENTS_HOST"], config["BROKER_HOST"]} == services


def test_kubernetes_has_the_same_scripts_for_mongodb() -> None:
    data = manifest("ConfigMap", "mongodb-scripts")["data"]
    assert data == {path.name: path.read_text() for path in (DEPLOY / "mongodb").glob("*.js")}


# The probe ------------------------------------------------------------------------------------------


def connected(port: int, *arguments: str) -> int:
    environ = {**os.environ, "BROKER_HOST": "127.0.0.1", "BROKER_PORT": str(port)}
    return subprocess.run([CONNECTED, *arguments], env=environ, capture_output=True, check=False).returncode


@pytest.fixture
def broker() -> Iterator[socket.socket]:
    """Something that listens where a broker would."""
    with socket.create_server(("127.0.0.1", free_port())) as listening:
        yield listening


def test_a_worker_with_a_connection_is_ready_and_alive(broker: socket.socket) -> None:
    port = broker.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        assert connected(port) == 0
        assert connected(port, "--or-alone") == 0


def test_a_worker_without_one_is_neither_while_the_broker_can_be_reached(broker: socket.socket) -> None:
    port = broker.getsockname()[1]
    assert connected(port) == 1
    assert connected(port, "--or-alone") == 1


def test_a_worker_is_not_started_anew_because_its_broker_is_away() -> None:
    port = free_port()
    assert connected(port) == 1
    assert connected(port, "--or-alone") == 0
