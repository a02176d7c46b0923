"""What shops call availability, and what they say of it: one table of names and one of words.

The columns are those of product exports and feeds (WooCommerce, Shopify, Magento, PrestaShop, BigCommerce, OpenCart,
Google Merchant, Google Retail, Facebook, schema.org). It knows names and values; which of several columns decides is
`importing.availability`'s affair.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

IN_STOCK, OUT_OF_STOCK, PREORDER, BACKORDER = "in_stock", "out_of_stock", "preorder", "backorder"
SHOWN, HIDDEN = "shown", "hidden"


class About(StrEnum):
    """What a column says of an item."""

    SHOWN = "shown"  # yes: it is to be shown; also status and visibility
    GONE = "gone"  # yes: it is not to be shown
    STOCKED = "stocked"  # yes: it is in stock, by the shop's own reckoning
    AVAILABILITY = "availability"  # a word of a feed, or a number in stock
    SOLD_OUT = "sold_out"  # yes: it is not in stock
    COUNT = "count"  # how many are in stock
    BACKORDERS = "backorders"  # yes: it is sold also when none is in stock
    TRACKED = "tracked"  # no: the number in stock says nothing


_NAMES = {
    About.SHOWN: """published is_published publish_status published_status active is_active enabled is_enabled
        visible is_visible visibility visibility_in_catalog catalog_visibility product_visible product_visibility
        product_online listed is_listed listing_status status product_status item_status publication_status
        lifecycle lifecycle_status purchasable is_purchasable sellable is_sellable saleable is_saleable is_salable
        allow_purchases available_for_order available_for_sale for_sale show_in_store active_0_1 状态 商品状态
        上架状态 是否上架 是否显示 是否可见 aktiv actif activo attivo ativo""",
    About.GONE: """hidden is_hidden is_deleted deleted archived is_archived is_draft discontinued is_discontinued
        disabled is_disabled removed is_removed is_retired inactive is_inactive unlisted is_unlisted unpublished
        is_unpublished is_private is_blocked deleted_at archived_at discontinued_at suspended trashed withdrawn
        delisted obsolete do_not_show hide_product 已下架 是否下架 已删除 是否删除 隐藏""",
    About.STOCKED: """in_stock is_in_stock instock stock_status stock_state inventory_status has_stock 库存状态
        是否有货 auf_lager en_stock""",
    About.AVAILABILITY: """availability available is_available product_availability availability_status
        stock_availability item_availability offer_availability 供货状态 verfugbarkeit lieferbarkeit disponibilite
        disponibilidad disponibilita disponibilidade""",
    About.SOLD_OUT: """sold_out is_sold_out soldout out_of_stock is_out_of_stock oos is_oos 售罄 是否售罄 缺货
        是否缺货 ausverkauft epuise agotado esaurito esgotado""",
    About.COUNT: """stock stock_quantity stock_qty stock_level stock_count stock_on_hand stock_available qty
        quantity inventory inventory_quantity inventory_qty inventory_level inventory_count variant_inventory_qty
        variant_inventory_quantity current_stock current_stock_level available_quantity quantity_available
        available_stock available_qty qty_available qty_on_hand on_hand on_hand_quantity quantity_on_hand
        quantity_in_stock qty_in_stock units_available units_in_stock items_in_stock total_inventory total_stock
        sellable_quantity quantity_to_sell_on_facebook warehouse_quantity 库存 库存数量 库存量 现货数量 可售数量
        剩余库存 lagerbestand bestand stock_disponible existencias giacenza voorraad""",
    About.BACKORDERS: """backorders backorders_allowed allow_backorder allow_backorders backorder_allowed
        backorder inventory_policy variant_inventory_policy continue_selling_when_out_of_stock
        sell_when_out_of_stock""",
    About.TRACKED: """manage_stock track_inventory track_quantity inventory_tracking inventory_tracked is_tracked
        inventory_management variant_inventory_tracker tracks_inventory""",
}
_YES_WORDS = "1 true yes y t on x ja oui si sim 是 有 1.0 allow allowed continue notify"
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = "0 false no n f off -1 nein non nao 否 无 無 没有 0.0 none deny denied donotallow notallowed never"
_NO = frozenset(_NO_WORDS.split())
_UNTRACKED = _NO | {"nottracked", "untracked", "donottrack"}

_WORDS = {
    IN_STOCK: """instock available availablenow instoreonly onlineonly limitedavailability limitedstock limited
        lowstock fewleft lastitems lastones plenty readytoship shipsnow unlimited infinite 有货 现货 有库存
        库存充足 库存紧张 少量库存 auflager lieferbar sofortlieferbar vorratig verfugbar enstock dispo disponible
        disponibile disponivel opvoorraad leverbaar 在庫あり 有貨 現貨""",
    OUT_OF_STOCK: """outofstock oos soldout unavailable notavailable notinstock nostock noneleft
        temporarilyunavailable temporarilyoutofstock currentlyunavailable temporarysoldout comingsoon reserved
        empty 缺货 无货 没货 售罄 售完 已售罄 已售完 断货 补货中 缺貨 無貨 售罄了 ausverkauft nichtauflager
        nichtlieferbar nichtvorratig nichtverfugbar vergriffen rupture rupturedestock enrupturedestock horsstock
        epuise indisponible nondisponible agotado sinstock sinexistencias nodisponible fueradestock esaurito
        nondisponibile uitverkocht nietopvoorraad nietleverbaar esgotado semestoque indisponivel 在庫なし 在庫切れ
        品切れ 売り切れ""",
    PREORDER: "preorder presale presell availableforpreorder 预售 预订 預購 vorbestellbar vorbestellung precommande",
    BACKORDER: """backorder onbackorder backordered availableonbackorder availableforbackorder madetoorder onorder
        specialorder availablefororder onrequest""",
    SHOWN: """published publish active activated enabled visible catalog catalogsearch search both everywhere
        online live public listed approved shopandsearchresults shoponly searchresultsonly forsale web global 上架
        已上架 在售 销售中 出售中 显示 上线 aktiv actif activo attivo ativo publie publicado""",
    HIDDEN: """draft archived archive private hidden hide pending pendingreview inreview trash trashed deleted
        inactive deactivated disabled unpublished unlisted nowhere invisible notvisible notvisibleindividually
        offline suspended blocked removed rejected retired discontinued delisted future scheduled expired ended
        closed staging staged obsolete endoflife eol notforsale withdrawn autodraft 下架 已下架 停售 停产 已删除
        草稿 隐藏 待审核 仓库中 未上架 inaktiv inactif inactivo inattivo inativo entwurf brouillon borrador bozza
        rascunho""",
}
VERDICTS: Mapping[str, str] = {word: verdict for verdict, words in _WORDS.items() for word in words.split()}
_MAGENTO = {  # by numbers: status, and visibility where it says more than yes and no
    "status": {"1": SHOWN, "2": HIDDEN},
    "productonline": {"1": SHOWN, "2": HIDDEN},
    "visibility": {"1": HIDDEN, "2": SHOWN, "3": SHOWN, "4": SHOWN},
}
_DAY = re.compile(r"[12]\d{3}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.][12]\d{3}")
_COUNTED = re.compile(
    r"(?:[<>≥≤~+]\s*)?(-?\d+)(?:[.,]\d+)?\s*\+?(?:\s*(?:pcs?|pieces?|units?|st(?:ü|u)ck|件|个|在库))?"
)


def spelled(text: str) -> str:
    """A name or a value of which only letters and digits count, without accents, in any script."""
    plain = unicodedata.normalize("NFKD", text)
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold())


NAMES: Mapping[str, About] = {spelled(name): about for about, names in _NAMES.items() for name in names.split()}


def about(name: str) -> About | None:
    """What a column of this name says of availability; None: nothing."""
    return NAMES.get(spelled(name))


@lru_cache(20_000)
def verdict(name: str, value: str, numbered: bool = False) -> str | float | None:
    """What a value of this column says: a verdict, a number in stock, or None where it isn't understood.

    `numbered` says that the column has numbers beyond 0 and 1, as Magento's visibility does.
    """
    kind, text = about(name), value.strip().casefold()
    if kind is None or not text:
        return None
    if numbered and text in _MAGENTO.get(spelled(name), {}):
        return _MAGENTO[spelled(name)][text]
    word = spelled(text.rsplit("schema.org/", 1)[-1])
    flag = _flag(text, word)
    count = _COUNTED.fullmatch(text)
    if count and (kind in (About.COUNT, About.AVAILABILITY) or (kind is About.STOCKED and flag is None)):
        return float(count[1])
    if flag is not None:
        return _YES_AND_NO[kind][flag]
    if kind is About.GONE and _DAY.match(text):  # since when
        return HIDDEN
    return VERDICTS.get(word)


def _flag(text: str, word: str) -> bool | None:
    if text in _YES or (word in _YES and word.isalpha()):
        return True
    return False if text in _NO or (word in _NO and word.isalpha()) else None


_YES_AND_NO: Mapping[About, Mapping[bool, str | None]] = {
    About.SHOWN: {True: SHOWN, False: HIDDEN},
    About.GONE: {True: HIDDEN, False: SHOWN},
    About.STOCKED: {True: IN_STOCK, False: OUT_OF_STOCK},
    About.AVAILABILITY: {True: IN_STOCK, False: OUT_OF_STOCK},
    About.SOLD_OUT: {True: OUT_OF_STOCK, False: IN_STOCK},
    About.COUNT: {True: IN_STOCK, False: OUT_OF_STOCK},
    About.BACKORDERS: {True: BACKORDER, False: SHOWN},
    About.TRACKED: {True: SHOWN, False: SHOWN},
}


def is_untracked(name: str, value: str) -> bool:
    """Whether a column of stock keeping says that the number in stock means nothing.

    Blank is a word only of a column that names who keeps the stock.
    """
    if not value.strip():
        return spelled(name).endswith(("tracker", "management"))
    return value.strip().casefold() in _UNTRACKED or spelled(value) in _UNTRACKED
