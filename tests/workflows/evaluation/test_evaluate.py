import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix

from tests.golden import missing
from tests.trained import classifier_run, gan_run
from tests.workflows.pictures import save_picture
from xaitool.core.metrics.explanation import insertion_deletion
from xaitool.core.metrics.explanation.insertion_deletion import deletion, insertion
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, DataError, InputError, ModelError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.evaluation.attributions import faithfulness as measure_faithfulness
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.features import lenet as feature_network
from xaitool.workflows.models import classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measure(*artifacts, **options):
    paths = tuple(map(Path, artifacts))
    rows = evaluate(EvaluateConfig(artifacts=paths, device="cpu", **options))
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    return rows


def explained(name="a.h5", method="saliency", limit=3, **options):
    values = {"model": str(classifier_run()), "dataset": "digits", "device": "cpu", "heat_maps": 0}
    explain(
        ExplainConfig(**{**values, "method": method, "limit": limit, **options}, out=Path(name))
    )
    return Path(name)


def assert_refused(error, message, *artifacts, hint=None, **options):
    with pytest.raises(error, match=message) as caught:
        measure(*artifacts, **options)
    assert isinstance(caught.value, InputError)
    assert "\n" not in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)


def assert_same(rows, others):
    """Probabilities may differ by rounding, which depends on the batch; counts may not."""
    rounded = ("ece", "confidence")
    for row, other in zip(rows, others, strict=True):
        assert {name: row[name] for name in row if name not in rounded} == {
            name: other[name] for name in other if name not in rounded
        }
        for name in rounded:
            assert row.get(name) == pytest.approx(other.get(name), abs=1e-6)


# Classifiers


@pytest.mark.parametrize("split", ["test", "train"])
def test_accuracy_and_confusion(split):
    dataset = load_dataset("digits", split)
    images = dataset.images(range(len(dataset)))
    network = load_classifier(str(classifier_run()), None, CPU)
    predictions = network.logits(images, 512).argmax(1)
    accuracy, *confusion = measure(classifier_run(), split=split)
    assert accuracy["metric"] == "accuracy"
    assert accuracy["value"] == accuracy_score(dataset.labels, predictions)
    assert accuracy["n"] == len(dataset)
    assert accuracy["source"] == str(classifier_run())
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    matrix = confusion_matrix(dataset.labels, predictions)
    assert [row["label"] for row in confusion] == list(dataset.classes)
    for row, counts in zip(confusion, matrix, strict=True):
        assert row["n"] == counts.sum()
        assert row["value"] == counts[int(row["label"])] / counts.sum()
        assert [row["predicted"].get(name, 0) for name in dataset.classes] == counts.tolist()


def test_several_artifacts_of_several_kinds():
    path = explained()
    rows = measure(classifier_run(), classifier_run() / "last.pt", path, limit=2)
    names = [row["source"] for row in rows if row["metric"] in ("accuracy", "insertion")]
    assert names == [str(classifier_run()), str(classifier_run() / "last.pt"), "a.h5"]
    assert {row["n"] for row in rows if row["metric"] == "accuracy"} == {2}


def test_a_class_without_samples_has_no_value():
    rows = measure(classifier_run(), metric=("confusion",), limit=1)
    assert [row["value"] is None for row in rows] == [row["n"] == 0 for row in rows]
    assert sum(row["n"] for row in rows) == 1


def test_the_batch_size_does_not_matter():
    rows = measure(classifier_run(), batch_size=7, limit=50)
    assert_same(rows, measure(classifier_run(), limit=50))


def test_another_dataset():
    for digit in range(10):
        save_picture(Path(f"pictures/test/{digit}/a.png"))
    rows = measure(classifier_run(), dataset="folder:pictures", metric=("accuracy",))
    assert rows[0]["n"] == 10
    for name in ("cat", "dog"):
        save_picture(Path(f"animals/test/{name}/a.png"))
    message = "folder:animals has the classes cat, dog, but .* was trained on 0, 1, 2, 3, 4, ..."
    assert_refused(DataError, message, classifier_run(), dataset="folder:animals")


def test_an_exported_program():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(28 * 28, 10)).eval()
    images = load_dataset("digits", "test").images(torch.arange(4))
    torch.export.save(torch.export.export(model, (images,)), "net.pt2")
    (row, *_) = measure("net.pt2", dataset="digits", limit=4, metric=("accuracy",))
    labels = load_dataset("digits", "test").labels[:4]
    assert row["value"] == (model(images).argmax(1) == labels).double().mean()


def test_fewer_rows_where_memory_is_short(monkeypatch):
    wanted = measure(classifier_run(), limit=20)
    logits = classifier.Classifier.logits

    def short(self, images, rows):
        if rows > 4:
            raise torch.OutOfMemoryError("out of memory")
        return logits(self, images, rows)

    monkeypatch.setattr(classifier.Classifier, "logits", short)
    with pytest.warns(UserWarning, match="out of memory: going on with"):
        found = measure(classifier_run(), limit=20)
    assert_same(found, wanted)


# GANs


@pytest.fixture
def features(monkeypatch):
    recipe = feature_network.Recipe(epochs=1, least_steps=1)
    monkeypatch.setattr(feature_network, "RECIPE", recipe)
    return feature_network.feature_network(
        "digits",
        image_size=None,
        data_dir=None,
        workers=1,
        device=CPU.device,
        reporter=SilentReporter(),
    )


def test_fid_and_kid(features):
    fid_row, kid_row = measure(gan_run(), samples=200, seed=5)
    assert (fid_row["metric"], kid_row["metric"]) == ("fid", "kid")
    assert fid_row["features"] == kid_row["features"] == f"lenet5:{features.sha256[:12]}"
    assert (fid_row["n"], fid_row["real"]) == (200, 72)
    assert fid_row["std"] is None
    assert kid_row["std"] >= 0
    assert measure(gan_run(), samples=200, seed=5) == [fid_row, kid_row]
    assert measure(gan_run(), samples=200, seed=6)[0]["value"] != fid_row["value"]
    (other,) = measure(gan_run(), samples=200, seed=5, split="train", metric=("fid",))
    assert (other["metric"], other["real"]) == ("fid", 200)


def test_a_limit_of_the_images(features):
    assert [row["n"] for row in measure(gan_run(), limit=60)] == [60, 60]
    assert_refused(ConfigError, "--limit is 1, but FID and KID want at least 2", gan_run(), limit=1)


def test_a_gan_that_lacks_something(features):
    content = load_checkpoint(gan_run(), kind="gan")
    for name in HEADER:
        del content[name]
    for name in ("state", "config", "architecture"):
        save_checkpoint(Path("a.pt"), "gan", {**content, name: 3})
        assert_refused(InputError, r"a\.pt has '.*' 3, but a (table|text) is wanted", "a.pt")


# Attribution files


@pytest.mark.parametrize("step", [None, 100])
@pytest.mark.parametrize("options", [{}, {"against": "second", "score": "probability"}])
def test_insertion_and_deletion(step, options):
    path = explained(method="integrated-gradients", **options)
    with AttributionFile(path) as file:
        rows = file.read()
    network = load_classifier(str(classifier_run()), None, CPU)
    score = Score(rows.target, output="probability")
    mean = torch.tensor(network.input.mean)
    found = {row["metric"]: row for row in measure(path, step=step)}
    for name, function in (("insertion", insertion), ("deletion", deletion)):
        areas = function(
            network.model, rows.input, rows.attribution, score, step=step, mean=mean
        ).auc
        assert found[name]["value"] == pytest.approx(areas.mean().item(), abs=1e-6)
        assert found[name]["std"] == pytest.approx(areas.std(correction=0).item(), abs=1e-6)
        assert found[name]["n"] == 3


def test_samples_come_a_few_at_a_time(monkeypatch):
    path = explained(limit=7)
    whole = measure(path, step=100)
    monkeypatch.setattr(measure_faithfulness, "SAMPLES_AT_ONCE", 3)
    for parted, row in zip(measure(path, step=100, batch_size=5), whole, strict=True):
        assert parted["value"] == pytest.approx(row["value"], abs=1e-6)
        assert parted["n"] == 7
    assert measure(path, step=100, limit=2)[0]["n"] == 2


def changed_run(folder):
    """The run of the same network with other weights."""
    content = load_checkpoint(classifier_run(), kind="classifier")
    for name in HEADER:
        del content[name]
    for key, value in content["state"]["model"].items():
        if key.endswith(("weight", "bias")):
            value.zero_()
    folder.mkdir(exist_ok=True)
    save_checkpoint(folder / "best.pt", "classifier", content)
    return folder


def test_a_model_that_changed_is_refused(here):
    (here / "run").mkdir()
    (here / "run/best.pt").write_bytes((classifier_run() / "best.pt").read_bytes())
    path = explained(model="run")
    wanted = measure(path)
    changed_run(here / "run")
    message = r"model run has changed since a\.h5 was written, but the same is wanted"
    assert_refused(ModelError, message, path, hint="--model")
    assert measure(path, model=str(classifier_run())) == wanted
    assert measure(path, model="run")[0]["value"] == pytest.approx(0.1)
    (here / "run/best.pt").unlink()
    assert_refused(ModelError, r"the model of a\.h5 cannot be loaded: run has no best", path)


FACTORY = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    open("imported", "a").close()
    return nn.Sequential(nn.AvgPool2d(32), nn.Flatten(), nn.Linear(147, 5))

def other():
    torch.manual_seed(0)
    return nn.Sequential(nn.AvgPool2d(32), nn.Flatten(), nn.Linear(147, 6))

def fixed():
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 5))
"""


def test_code_that_a_file_names_is_not_imported(here, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(here), *sys.path])
    Path("networks_of_tests.py").write_text(FACTORY)
    monkeypatch.delitem(sys.modules, "networks_of_tests", raising=False)
    picture = save_picture(Path("a.png"), mode="RGB")
    path = explained(model="networks_of_tests:make", dataset=None, images=(picture,), limit=None)
    Path("imported").unlink()
    message = r"the model of a\.h5 cannot be loaded: model 'networks_of_tests:make' is code"
    assert_refused(ModelError, message, path, hint="--model")
    assert not Path("imported").exists()
    assert measure(path, model="networks_of_tests:make", step=5000)[0]["n"] == 1
    assert Path("imported").exists()
    message = r"networks_of_tests:other has 6 classes, but a\.h5 explains one of 5"
    assert_refused(ModelError, message, path, model="networks_of_tests:other")
    message = r"networks_of_tests:fixed fails on an image \(3, 224, 224\)"
    assert_refused(ModelError, message, path, model="networks_of_tests:fixed")
    assert_refused(ModelError, "fails on an image", path, model=str(classifier_run()))


def test_weights_that_moved(here):
    from torchvision.models import squeezenet1_1

    torch.manual_seed(0)
    torch.save(squeezenet1_1(weights=None).state_dict(), "w.pth")
    picture = save_picture(Path("a.png"), mode="RGB")
    path = explained(
        model="torchvision:squeezenet1_1",
        weights=Path("w.pth"),
        dataset=None,
        images=(picture,),
        limit=None,
    )
    wanted = measure(path, step=30000)
    Path("w.pth").rename("elsewhere.pth")
    assert_refused(ModelError, r"weights 'w\.pth' are no file", path, hint="--weights")
    assert measure(path, weights=Path("elsewhere.pth"), step=30000) == wanted
    torch.save(squeezenet1_1(weights=None).state_dict(), "w.pth")
    assert_refused(ModelError, "torchvision:squeezenet1_1 has changed", path)


def edited(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.attrs.__delitem__("model_source"), "does not say which model"),
        (lambda file: file.attrs.__setitem__("model_source", 3), "does not say which model"),
        (lambda file: file["target"].__setitem__(1, 10), "targets that are no class of 0 to 9"),
        (lambda file: file["target"].__setitem__(0, -1), "targets that are no class of 0 to 9"),
        (lambda file: file["attribution"].__setitem__(0, torch.nan), "has NaN or infinite values"),
        (lambda file: file.attrs.__setitem__("model_source", "/etc/passwd"), "cannot be loaded"),
    ],
)
def test_a_file_that_was_tampered_with(change, message):
    assert_refused(InputError, message, edited(explained(), change))


def test_fewer_rows_for_curves(monkeypatch):
    path = explained()
    wanted = measure(path, step=100)

    def short(function):
        def measured(*arguments, rows, **options):
            if rows > 4:
                raise torch.OutOfMemoryError("out of memory")
            return function(*arguments, rows=rows, **options)

        return measured

    for function in (insertion, deletion):
        monkeypatch.setattr(insertion_deletion, function.__name__, short(function))
    with pytest.warns(UserWarning, match="going on with 4 rows"):
        rows = measure(path, step=100, batch_size=8)
    for row, other in zip(rows, wanted, strict=True):
        assert row["value"] == pytest.approx(other["value"], abs=1e-6)


# What is refused of all


@pytest.mark.parametrize(
    ("make", "metric", "kind", "there_are"),
    [
        (classifier_run, "fid", "classifier", "accuracy, confusion"),
        (gan_run, "accuracy", "gan", "fid, kid"),
        (explained, "kid", "attribution", "insertion, deletion"),
    ],
)
def test_a_metric_that_does_not_fit(make, metric, kind, there_are):
    path = make()
    message = f"metric '{metric}' does not measure .*, which is of kind '{kind}'"
    assert_refused(ConfigError, message, path, metric=(metric,), hint=there_are)


def test_all_artifacts_are_looked_at_before_any_is_measured(monkeypatch):
    monkeypatch.setattr(classifier.Classifier, "logits", None)
    assert_refused(
        ArtifactError, "nosuch does not exist, but a run's folder", classifier_run(), "nosuch"
    )


def unfinished(path):
    (path.with_name(path.name + ".partial")).mkdir()
    return path


def other_hdf5(path):
    with h5py.File(path, "w") as file:
        file["pixels"] = [1, 2]
    return path


def text(path):
    path.write_text("hello")
    return path


def cut(path):
    content = explained("whole.h5").read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    return path


def features_file(path):
    save_checkpoint(path, "features", {})
    return path


@pytest.mark.parametrize(
    ("name", "make", "message", "hint"),
    [
        ("a.h5", lambda path: path, r"a\.h5 does not exist, but an attribution file", None),
        ("a.h5", unfinished, r"a\.h5 is unfinished, but a finished", "--resume"),
        ("a.h5.partial", lambda path: path.mkdir() or path, "is unfinished", "--resume"),
        ("a.h5", other_hdf5, r"a\.h5 has format None, but a xaitool attribution file", None),
        ("a.h5", text, r"a\.h5 is damaged or no HDF5 file", None),
        ("a.h5", cut, r"a\.h5 is damaged", None),
        ("a.txt", text, r"a\.txt is a \.txt file, but a run or", None),
        ("a.pt", lambda path: path, r"a\.pt does not exist", None),
        ("folder", lambda path: path.mkdir() or path, r"folder has no best\.pt or last\.pt", None),
        ("a.pt", features_file, "is of kind 'features', but what is measured is: classifier", None),
    ],
)
def test_artifacts_that_cannot_be_read(here, name, make, message, hint):
    assert_refused(ArtifactError, message, make(here / name), hint=hint)


def test_no_artifacts():
    assert_refused(ConfigError, "no artifacts are given, but a run, a checkpoint or an .h5")


def test_a_dry_run_measures_nothing(monkeypatch):
    path = explained()
    monkeypatch.setattr(classifier.Classifier, "logits", None)
    plan = evaluate(
        EvaluateConfig(artifacts=(classifier_run(), path), metric=(), dry_run=True, device="cpu")
    )
    assert plan == {
        "command": "evaluate",
        "artifacts": [
            {
                "source": str(classifier_run()),
                "kind": "classifier",
                "metrics": ["accuracy", "confusion"],
            },
            {"source": "a.h5", "kind": "attribution", "metrics": ["insertion", "deletion"]},
        ],
    }


@pytest.mark.data
@pytest.mark.slow
def test_photographs(real_data):
    photos = sorted((real_data / "imagenet/photos").glob("*.jpg"))[:2]
    path = explained(
        method="agi",
        method_option=("classes=2", "steps=3"),
        model="torchvision:mobilenet_v2",
        weights=real_data / "imagenet/weights/mobilenet_v2.pth",
        images=tuple(photos),
        dataset=None,
    )
    found = {row["metric"]: row["value"] for row in measure(path, step=4000)}
    assert 0 < found["deletion"] < found["insertion"] < 1


LOADED = """
import sys, xaitool
xaitool.evaluate(xaitool.EvaluateConfig(artifacts=(sys.argv[1],), metric=("accuracy",), limit=4))
print(*sys.modules)
"""


def test_what_no_metric_asked_for_is_not_loaded():
    """Of rooms that other metrics need, and of the other kinds of artifacts."""
    command = [sys.executable, "-c", LOADED, str(classifier_run())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("xaitool.")}
    assert "xaitool.workflows.evaluation.classifiers.accuracy" in loaded
    rooms = ("attributions", "baselines", "cvaes", "gans", "recommenders")
    unasked = [f"xaitool.workflows.evaluation.{room}" for room in rooms]
    unasked += [f"xaitool.core.{part}" for part in ("attacks", "attribution", "baselines")]
    unasked += ["xaitool.workflows.explanations", "xaitool.core.recommenders"]
    assert {name for name in loaded if name.startswith(tuple(unasked))} == set()
