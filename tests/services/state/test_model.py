"""How the service holds a model's files: whole, or, where they are large, mapped with the other workers."""

from pathlib import Path

from services.state.model import read_for_service
from tests.support.shops.many_texts import indexed_bundle
from tests.support.shops.trained import shop_bundle


def _mapped_files(folder: Path) -> set[str]:
    paths = (line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text().splitlines())
    return {Path(path).name for path in paths if path.startswith(str(folder))}


def test_a_model_with_an_index_of_its_texts_is_mapped_and_another_is_not(tmp_path: Path) -> None:
    shop_bundle().save(tmp_path / "small")
    indexed_bundle().save(tmp_path / "wide")
    models = [read_for_service(tmp_path / name) for name in ("small", "wide")]
    assert _mapped_files(tmp_path / "small") == set()
    assert _mapped_files(tmp_path / "wide") == {"tensors.safetensors", "texts.faiss"}
    assert [model.text_index is None for model in models] == [True, False]
