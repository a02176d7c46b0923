"""The words that say "not" in several languages, as patterns over folded text. It knows no items and parses nothing.

Each is of text as `folding.folded` leaves it: without capitals and accents, Chinese simplified, kana as katakana.
"""

import re

_BEFORE = """
not no without w/o minus except(?:_for)? excepting exclud(?:e|es|ing) excl other_than apart_from anything_but
but_not free_(?:of|from) free-from lacking devoid_of rather_than instead_of never avoid(?:ing)? zero
(?:do|is|are|does|did|wo|ca|should)nt(?:_(?:want|need|like))?
ohne kein(?:e|en|er|em|es)? nicht frei_von ausser sans sauf exempt_de sin excepto salvo libre_de senza tranne sem
exceto zonder geen bez utan uden uten без кроме بدون بلا خالي_من
"""
# before what is not wanted, or not in it
BEFORE = re.compile(rf"(?<![\w'/-])(?:{'|'.join(_BEFORE.split()).replace('_', ' ')})(?![\w'/-])")
# "headphones -wireless", "tea -\"earl grey\"" in queries; a number below zero denies nothing
MINUS = re.compile(r"(?<!\S)-(?=[^\W\d_]|\")")
# what may stand between the word that says "not" and what is denied
_BETWEEN = """
a an the any added more much too very so all other additional extra that this it is are be being made contain contains
containing include includes including have has having use uses used using come comes want wants need needs like likes
please just de des du la le les el los las un une der die das den dem einen eine zusatz von
"""
BETWEEN = frozenset(_BETWEEN.split())
# words that need the next one to say what is denied
_QUALIFIERS = """
artificial synthetic refined animal harsh hydrogenated genetically noise kunstliche
"""
QUALIFIERS = frozenset(_QUALIFIERS.split())
# "no 5", "not only", "no longer": nothing is denied
NO_DENIAL = re.compile(
    r" ?(?:\.? ?\d|(?:only|just|longer|matter|doubt|problem|wonder|more than|less than|later than|one|sure|to be"
    r"|limits?|bad|forget|miss|worry|worries|hesitate|wait|fuss|need to|name|brainer)\b)"
)
# "batteries not included": what is denied stands before
DENIED_BEFORE = re.compile(
    r"(?<![\w-])([^\W\d_][\w-]{0,30}) (?:(?:are|is|were) )?(?:not|nicht|non)"
    r" (?:included|provided|supplied|inbegriffen|enthalten|inclus)"
)
# what ends what is denied
ENDS = re.compile(
    r"[.;:!?()\[\]|,\"]|\s-\s|[\u3000-\u303f\uff00-\uff0f]|(?<!\S)(?:but|with|for|in|on|at|to|by|that|which|who|when|if|so"
    r"|because|than|from|as|please|mit|fur|aber|avec|pour|mais|con|para|pero|per|с|для)(?!\S)"
)
AND = re.compile(r"(?<!\S)(?:and|or|nor|und|oder|noch|et|ou|ni|y|и|или|&|\+|/)(?!\S)")
# ", soy and milk" after what is denied: the list goes on
LIST = re.compile(
    r"((?:, ?[^\W\d_][\w-]{0,30}(?: [^\W\d_][\w-]{0,30})?){1,12}),?"
    r" (?:and|or|nor|und|oder|et|ou|ni|y|o|и|или|&) ([^\W\d_][\w-]{0,30})"
)
# after what is denied: "sugar-free", "gluten free", "sugarfree", "gluten- and dairy-free"
FREE = re.compile(r"(?<![\w-])([^\W\d_]{2,30})(-free|-frei|[ ]free)(?![\w-])(?![ ](?:of|from)\b)")
FREE_WORD = re.compile(r"(?<![\w-])([^\W\d_]{3,30}?)(?:free|frei(?:e|er|es|en)?)(?![\w-])")
SUSPENDED = re.compile(r"(?<![\w-])([^\W\d_]{2,30})-(?:,| and| or| &| und)(?= [^\W\d_]{2,30}-?[ ]?fre[ei])")
# "free shipping", "nike free 5.0": free of charge, or a name
GRATIS = re.compile(
    r" ?(?:\d|(?:gift|shipping|delivery|samples?|trial|returns?|download|range|standing|size|run|rn|flow|motion|style"
    r"|time|spirit|agent|people|when|on orders?)\b)"
)
_NEVER_FREE = """
care one two get for is are and or the a an it you buy bought now with totally completely worry be set feel
"""
NEVER_FREE = frozenset(_NEVER_FREE.split())
# "non-alcoholic", "nonstick"
NON = re.compile(r"(?<![\w-])non(?:[- ]([^\W\d_]{3,30})|([^\W\d_]{5,30}))(?!\w)")
NEVER_NON = frozenset(["sense", "pareil", "chalant", "etheless", "existent", "stop"])

# scripts without blanks, in which the words of either side tell where it ends
CHINESE_BEFORE = re.compile(
    r"不含有?|不带有?|不要|不加|不添加|不是|不需要|不想要|没有|除了|除(?=.{1,8}外)|无|非|未添加|零(?=[糖脂卡盐酒])|(?<!\d)0(?=[糖脂卡盐])"
)
CHINESE_WORDS = re.compile(  # in which the sign for "not" is part of a word
    r"无(?:线|人|花果|锡|限|敌|极|双|患子|名|忧|比|穷|刷|绳|纺|印|烟煤|缝|痕|论|数|疑|价|畏|尽|界|影|骨|框|袖|钢圈|尘|菌|感|叶|级"
    r"|声|接触|障)|非(?:洲|常|凡|遗|得|同|一般|诚|主流)"
)
CHINESE_BETWEEN = re.compile(r" ?(?:(?:任何|添加|含有|含|带|有|人工|额外|什么|是)(?=[\u3400-\u9fff]))*")
CHINESE_RUN = re.compile(r"[\u3400-\u9fff\u30a0-\u30ff]+|[a-z][\w-]*")
CHINESE_ENDS = re.compile(r"的|以外|之外|外|但是|但|却")
CHINESE_AND = re.compile(r"[和或与及、]")
JAPANESE_AFTER = re.compile(
    r"([\u3400-\u9fff]{1,8}|[\u30a1-\u30fa\u30fc]{1,16}?)(?:[ヲガハノ])?(?:ナシ(?!ョ)|不使用|抜キ|ヌキ|以外|フリー(?!ス))"
)
KOREAN_AFTER = re.compile(r"([\uac00-\ud7a3]{1,16}) ?(?:없는|없이|제외|빼고|무첨가)")
THAI_BEFORE = re.compile(r"(?:ไม่มี|ไม่ใส่|ปราศจาก|ยกเว้น) ?([\u0e01-\u0e5b]{1,40})")
