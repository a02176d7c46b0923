"""Units of measure in the words of several languages, each as a multiple of one unit of its dimension.

It knows names and factors. Lengths are in millimetres, masses in grams, volumes in millilitres, times in minutes,
storage in gigabytes, the rest in the unit that its dimension is called by here.
"""

import re
from collections.abc import Mapping

_TABLE = """
mm 1 mm millimetre millimetres millimeter millimeters 毫米 мм ミリ ミリメートル
mm 10 cm centimetre centimetres centimeter centimeters zentimeter 厘米 公分 см センチ センチメートル
mm 1000 m mtr metre metres meter meters mètres metros 米 公尺 м メートル
mm 1000000 km kilometre kilometres kilometer kilometers 公里 千米 км キロメートル
mm 25.4 in inch inches zoll pouce pouces pulgada pulgadas 英寸 寸 吋 дюйм дюймов インチ
mm 304.8 ft foot feet 英尺 呎 фут
mm 914.4 yd yard yards 码
g 0.001 mg milligram milligrams 毫克 мг ミリグラム
g 1 g gr gram grams gramme grammes gramm gramos 克 г グラム
g 1000 kg kgs kilo kilos kilogram kilograms kilogramm 千克 公斤 кг キログラム キロ
g 500 斤 市斤
g 28.3495 oz ounce ounces onza onzas 盎司 унция
g 453.592 lb lbs pound pounds livre livres 磅 фунт ポンド
ml 1 ml millilitre millilitres milliliter milliliters cc 毫升 мл ミリリットル
ml 10 cl centilitre centilitres centiliter centiliters
ml 100 dl decilitre decilitres deciliter deciliters
ml 1000 l lt ltr litre litres liter liters litro litros 升 公升 л литр литра литров リットル
ml 29.5735 floz 液盎司
ml 473.176 pt pint pints
ml 946.353 qt quart quarts
ml 3785.41 gal gallon gallons 加仑
min 1 min mins minute minutes minuten 分钟
min 60 h hr hrs hour hours stunden heures horas 小时
gb 0.001 mb megabyte megabytes
gb 1 gb gigabyte gigabytes
gb 1000 tb terabyte terabytes
w 1 w watt watts 瓦 вт ワット
w 1000 kw kilowatt kilowatts 千瓦
v 1 v volt volts 伏
mah 1 mah 毫安 毫安时
mah 1000 ah
wh 1 wh
wh 1000 kwh
hz 1 hz hertz 赫兹
hz 1000000 mhz
hz 1000000000 ghz
% 1 % percent prozent
ct 1 ct count pk pack packs pcs pc piece pieces stück stk 个 件 шт
"""
FLUID_OUNCE = ("ml", 29.5735)


def _read(table: str) -> Mapping[str, tuple[str, float]]:
    units: dict[str, tuple[str, float]] = {'"': ("mm", 25.4), "''": ("mm", 25.4), "'": ("mm", 304.8)}
    for line in table.strip().splitlines():
        base, factor, *names = line.split()
        units |= dict.fromkeys(names, (base, float(factor)))
    return units


UNITS = _read(_TABLE)
_SPOKEN = sorted((name for name in UNITS if name[0] not in "\"'"), key=len, reverse=True)
_LATIN = "|".join(name for name in _SPOKEN if name.isascii() and name != "%")
_OTHER = "|".join(name for name in _SPOKEN if not name.isascii())
# a Latin name ends where its letters end; "4 in 1" is no length, "3个月" no count
UNIT_PATTERN = (
    r"(?:[ -]?(?:(?P<fluid>fl\.? ?oz|fluid ounces?)|(?P<name>(?:" + _LATIN + r")(?![a-z\u00df-\u024f\d]|(?<=in) ?\d)"
    r"|%|(?:" + _OTHER + r")(?![\u0430-\u044f]|月)))|(?P<sign>''|\"(?!\w)|'(?![\w'])))"
)


def in_base(value: float, unit: str) -> str:
    """A quantity in its dimension's unit, as it is compared: to five figures."""
    base, factor = UNITS[unit]
    return write_quantity(value * factor, base)


def write_quantity(value: float, base: str = "") -> str:
    """ "2000ml" of 2000 and "ml"."""
    return f"{value:.5g}{base}"


def compile_unit() -> re.Pattern[str]:
    """Matches a unit right after its number."""
    return re.compile(UNIT_PATTERN)
