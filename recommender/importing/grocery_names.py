"""The Complete Journey's product names, as a till prints them, made readable: "FRZN ICE" is "Frozen Ice".

It knows words only. An abbreviation that isn't plain stays as it is.
"""

import re
from functools import lru_cache

DEPARTMENTS = {
    "CNTRL/STORE SUP": "Store Supplies",
    "CHARITABLE CONT": "Charity",
    "CHEF SHOPPE": "Chef Shop",
    "DRUG GM": "Drugstore & General Merchandise",
    "ELECT &PLUMBING": "Electrical & Plumbing",
    "GM MERCH EXP": "General Merchandise",
    "MEAT-PCKGD": "Packaged Meat",
    "PROD-WHS SALES": "Produce",
    "SEAFOOD-PCKGD": "Packaged Seafood",
}
# what the shop rings up but nobody shops for
NOT_FOR_SALE = frozenset({"COUPON", "CNTRL/STORE SUP", "CHARITABLE CONT", "GM MERCH EXP"})
_LOOSE = frozenset({"PRODUCE", "FLORAL"})  # sizes there are those of the crate

_PAIRS = """
ACC=Accessories ACCESS.=Accessories ACTIVATI=Activation ADDTVS=Additives ANTI-ACIDS=Antacids
BEERALEMALT=Beer,_Ale_&_Malt BEV=Beverages BEVERAG=Beverages BG=Bags BKD=Baked BN=Beans BR=Bread
BRKFST=Breakfast BTL=Bottle BTR=Butter CARB=Carbonated CATFD=Cat_Food CHIX=Chicken CHOC=Chocolate
CHOCOCLATE=Chocolate CHOCOL=Chocolate CHP=Chopped CKYS=Cookies CLEANG=Cleaning CLOT=Cloth CND=Canned
CNDY=Candy CNTRL=Control COCO=Cocoa COFF=Coffee CONC=Concentrate COUGH=Cough CRKR=Crackers CRMD=Creamed
CRYSTL=Crystal DECAF=Decaf DEOD=Deodorant DEPT=Department DISPOSIBLE=Disposable DNR=Dinner DNRS=Dinners
DOGFD=Dog_Food DRNK=Drink DRNKNG=Drinking DRNKS=Drinks DRSNG=Dressing DSH=Dishes ET=& EXCP=Except
EXT=Extracts FD=Food FEM.=Feminine FEM=Feminine FLAV=Flavored FLV=Flavored FLVR=Flavor FLVRD=Flavored
FRE=Fresh FRK=Fruit FRTHR=Further FRZ=Frozen FRZN=Frozen GDS=Goods GRND=Ground HBC=Health_&_Beauty
HOLDERS=Holders HYGN.=Hygiene HYGN=Hygiene INCL=Including JCE=Juice LOAVE=Loaf LOZNG=Lozenges LRG=Large
MACH=Machine MARIN=Marinades MEMORABLILIA=Memorabilia MFG=Manufacturer MISC.=Miscellaneous
MISC=Miscellaneous MIXS=Mixes MLK=Milk MLT=Multi MNRL=Mineral MT=Meat MW=Microwave MX=Mix MXS=Mixes
N/CARB=Non-carbonated NDAIRY=Non-dairy NZ=New_Zealand OCCAS=Occasion OTHE=Other PK=Pack
PKG.SEAFOOD=Packaged_Seafood PKG=Package PKGD=Packaged PKLD=Pickled PNT=Peanut PORTND=Portioned
PPK=Prepacked PREM=Premium PREP=Prepared PREPORTND=Pre-portioned PREPRD=Prepared PRODU=Products
PRSLC=Presliced PWDR=Powder PWDRS=Powders QSR=Quick_Service REFRGRATD=Refrigerated REFRIG=Refrigerated
REG=Regular RTS=Ready_to_Serve SAL=Salad SALD=Salad SANDWIC=Sandwiches SAUS=Sausage SFT=Soft SGL=Single
SHERBTS=Sherbets SLC=Sliced SNDWCH=Sandwich SNGL=Single SNKS=Snacks SOD=Soda SOL=Solutions SPLY=Supplies
SPRD=Spread SRV=Serve SS=Shelf_Stable STK=Sticks SUP=Supplies SUPP=Supplements SUPPLEMEN=Supplements
SUPPPLIES=Supplies SV=Service SW=Sweet SWEETNERS=Sweeteners SYRP=Syrup TISS=Tissues TORT=Tortilla
TRANS=Transactions TRSH=Trash UNDR=Under VAC=Vacuum VEG=Vegetables VEND=Vending WAT=Water WH=Whole
WHLSM=Wholesome WTR=Water XPCTRNT=Expectorant
"""
_WORDS = {pair.split("=")[0]: pair.split("=")[1].replace("_", " ") for pair in _PAIRS.split()}
_SMALL = {"a", "an", "and", "at", "for", "from", "in", "of", "on", "or", "the", "to", "w", "with"}
_CAPITALS = {"BBQ", "DVD", "DXM", "II", "IQF", "NFL", "SPF", "TV", "UHT", "USA"}
_WORD = re.compile(r"[A-Z0-9%$.']+", re.ASCII)


@lru_cache(maxsize=20_000)
def readable(name: str) -> str:
    """`name` without the till's abbreviations, in title case; what was cut off in a bracket is dropped."""
    name = _closed(name.upper().strip())
    name = re.sub(r":\s*", ": ", " & ".join(part.strip() for part in name.split("&")))
    for whole in ("N/CARB", "PKG.SEAFOOD", "ANTI-ACIDS"):
        name = name.replace(whole, _WORDS[whole])
    words = _WORD.sub(lambda match: _word(match.group(), match.start()), name)
    return re.sub(r"\s+", " ", words).strip(" -/:&,") or name


def _closed(name: str) -> str:
    """Without a bracket that stays open: the till cut the name off after 30 characters."""
    opened = name.find("(", name.rfind(")") + 1)
    return name[:opened].rstrip() if opened >= 0 else name


def _word(word: str, at: int) -> str:
    if word in _WORDS:
        return _WORDS[word]
    if word in _CAPITALS:
        return word
    return word.lower() if at and word.lower() in _SMALL else word.capitalize()


def department_name(name: str) -> str:
    """The department as a shopper reads it: "DRUG GM" is "Drugstore & General Merchandise"."""
    return DEPARTMENTS.get(name) or readable(name)


def size_name(department: str, size: str | None) -> str:
    """The size as a shopper reads it ("22 lb"), or "" where it isn't the size of what they buy."""
    if not size or department in _LOOSE:
        return ""
    return re.sub(r"^\(\d+\)\s*", "", size.strip()).lower()


def title_of(department: str, category: str | None, kind: str | None, size: str | None) -> str:
    """A product's title: "Ice - Crushed/Cubed, 22 lb"."""
    name = readable(kind or category or "") or f"{department_name(department)}, various"
    measure = size_name(department, size)
    return f"{name}, {measure}" if measure else name
