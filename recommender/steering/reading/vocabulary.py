"""What a catalogue has names for: categories, brands, values of attributes, and the words of its texts.

A category is named by its whole name or by one of the names that stand in it ("Cookies/Cones", "Beers/Ales",
"Soap - Liquid & Bar"), with or without what says only that it is goods ("Dog Foods", "Hair Care Products"). Names that
no product has are none. It knows an index and no wish.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.data.catalog import PRODUCT
from recommender.search.search_index import SearchIndex
from recommender.search.text.normalization import fold
from recommender.search.text.statements import denial_marks
from recommender.search.text.tokenization import drop_little_words, is_ideographic, split_folded, stem

Stems = tuple[str, ...]
MOST_WORDS = 5  # of a name that is looked for
OWN = 0.5  # share of the texts with a word that are a brand's own, from which the word alone names the brand
_PARTS = re.compile(r"[/&,;:|+]| and ")
_REST = re.compile(r" ?- |\(")  # after it a name only says which ones
_GOODS = frozenset(map(stem, ["products", "product", "supplies", "needs", "items", "goods", "food", "foods"]))

_GOODS_ZH = re.compile(r"(?:粮|食品|用品|产品|商品|类)$")


@dataclass(slots=True)
class Named:
    """What a phrase is the name of."""

    categories: list[str] = field(default_factory=list)
    brands: list[str] = field(default_factory=list)
    attributes: dict[str, list[str]] = field(default_factory=dict)  # by attribute, its values

    def __bool__(self) -> bool:
        return bool(self.categories or self.brands or self.attributes)


class Vocabulary:
    """Made once of an index; `find` is asked for each phrase of a wish."""

    def __init__(self, index: SearchIndex) -> None:
        self.index = index
        self.categories, brands = _names_on_sale(index)
        self._named: dict[Stems, Named] = defaultdict(Named)
        self._starting: dict[str, list[tuple[Stems, str]]] = defaultdict(list)
        self._ending: dict[str, list[tuple[Stems, str]]] = defaultdict(list)
        self._own: set[Stems] = set()  # names without anything taken off
        for name in self.categories:
            own = _own_keys(name)
            for key in _keys(own):
                _add(self._named[key].categories, name)
                self._starting[key[0]].append((key, name))
                self._ending[key[-1]].append((key, name))
            self._own.update(own)
        for key, named in self._named.items():
            if key in self._own:  # bread is also "Baked Bread"; a dog, which only "Dog Foods" names, is no "Hot Dogs"
                for longer, name in self._ending[key[-1]]:
                    if longer[-len(key) :] == key:
                        _add(named.categories, name)
        for name in brands:
            _add(self._named[stems(name)].brands, name)
        for attribute, values in index.attribute_values.items():
            for value in values:
                if len(value) > 1 and not value[0].isdigit():
                    _add(self._named[stems(value)].attributes.setdefault(attribute, []), value)
        self._named.pop((), None)
        self.ideographic = {"".join(key): named for key, named in self._named.items() if is_ideographic(key[0])}
        self.longest_ideographic = max(map(len, self.ideographic), default=0)
        self._named.default_factory = None

    def find(self, words: Sequence[str]) -> Named | None:
        """What these folded words name; None for nothing."""
        return self._named.get(tuple(map(stem, words)))

    def beginning_with(self, words: Sequence[str]) -> list[str]:
        """Categories with a name that begins so: "baby" in "Baby Foods" and "Baby Health & Beauty"."""
        key = tuple(map(stem, words))
        found = (name for start, name in self._starting.get(key[0], ()) if start[: len(key)] == key)
        return list(dict.fromkeys(found))

    def is_own(self, word: str, brand: str) -> bool:
        """Whether a word alone names a brand: most texts that hold it are of the brand's items."""
        holders = self.index.lexicon.holders(stem(word))
        catalogue = self.index.catalogue
        code = catalogue.brands.index(brand)
        own = np.unique(self.index.text_row_O[catalogue.brand_codes == code])
        return len(np.intersect1d(holders, own)) >= OWN * max(len(holders), 1)

    def has_phrase(self, phrase: str) -> bool:
        """Whether some text holds this folded phrase."""
        return bool(self.index.texts_with(phrase).any())

    def is_denied(self, phrase: str) -> bool:
        """Whether some text says that there is none of it: "sugar-free"."""
        return any(len(self.index.lexicon.marks.holders(mark)) for mark in denial_marks(phrase))

    def is_word(self, word: str) -> bool:
        """Whether some text holds this very word."""
        return stem(word) in self.index.lexicon.vocabulary


def stems(name: str) -> Stems:
    """A name as it is looked up: its words without the little ones between."""
    folded = fold(name)
    if is_ideographic(folded[:1]):
        return (folded,)
    return tuple(map(stem, drop_little_words(split_folded(folded))))


def _own_keys(name: str) -> list[Stems]:
    """The whole name, and the names that stand in it."""
    head = _REST.split(fold(name))[0]
    return [key for key in dict.fromkeys([stems(name), stems(head), *map(stems, _PARTS.split(head))]) if _is_name(key)]


def _keys(own: Sequence[Stems]) -> list[Stems]:
    """The same, and without what says only that it is goods."""
    bare = [tuple(word for word in map(_without_goods, key) if word not in _GOODS) for key in own]
    return [key for key in dict.fromkeys([*own, *bare]) if _is_name(key)]


def _is_name(key: Stems) -> bool:
    return bool(key) and not (len(key) == 1 and len(key[0]) < 2 and key[0].isascii())


def _without_goods(word: str) -> str:
    """ "狗" of "狗粮"."""
    return _GOODS_ZH.sub("", word) or word


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _names_on_sale(index: SearchIndex) -> tuple[list[str], list[str]]:
    catalogue = index.catalogue
    of_kind = catalogue.of_kinds(frozenset({PRODUCT}))
    on_sale = ~(catalogue.frame["hidden"] | catalogue.frame["retired"]).fill_null(False).to_numpy()
    if of_kind is not None:
        on_sale = on_sale & of_kind
    paths = [catalogue.paths[code] for code in np.unique(catalogue.path_codes[on_sale])]
    brands = [catalogue.brands[code] for code in np.unique(catalogue.brand_codes[on_sale])]
    return _distinct(name for path in paths for name in path), _distinct(brands)


def _distinct(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.strip()]
