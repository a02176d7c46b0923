"""Words by which people wish, in English and Chinese: what to leave out, what merely fills, for whom it is.

All of it is folded text, as `search.text.normalization` leaves it. It knows no catalogue and parses nothing.
"""

import re

# verbs after which a whole phrase is not wanted, up to the end of the clause
_UNWANTED = """
(?:please_)?(?:stop|quit)_(?:showing|recommending|suggesting|offering)(?:_me)?(?:_any)?
(?:please_)?(?:do_not|dont|never)_(?:show|recommend|suggest|offer)(?:_me)?(?:_any)?
(?:i_)?(?:do_not|dont|no_longer)_(?:want_to_see|want|like|need|eat|drink|use|wear|buy)(?:_any)?
(?:i_)?(?:really_)?(?:hate|dislike|cant_stand|cannot_stand)
(?:i_am_|im_)?(?:allergic_to|tired_of|sick_of|bored_with|fed_up_with|done_with)
(?:i_)?(?:have_)?(?:had_)?enough(?:_of)?(?:_the)?
no_more(?!_than)
(?:hide|mute|skip)(?:_the)?(?:_all)?
nothing(?:_(?:from|by|of|with))?
(?:fewer|less)(?!_than|_expensive|_pricey|_costly)
"""
UNWANTED = re.compile(rf"(?<![\w-])(?:{'|'.join(_UNWANTED.split()).replace('_', ' ')})(?![\w-])")
UNWANTED_ZH = re.compile(
    r"(?:请)?(?:再也|以后)?(?:别|不要|不想|停止)再?(?:给我|向我|让我)?(?:看到?|推荐|展示|显示|买)"
    r"|我?(?:很|非常|真的)?(?:不喜欢|讨厌|不爱吃|不爱|不吃|不喝|受不了|屏蔽|拒绝)|我?少(?:一?[点些]|推荐|看)"
)
ALLERGIC_ZH = re.compile(r"我?对(.{1,8}?)过敏")
STILL = re.compile(r"(?<![\w-])(?:any ?more|any longer|ever again|again|for now|from now on|now|please|today)(?![\w-])")
STILL_ZH = re.compile(r"(?:类的?)?(?:东西|商品|产品|用品|之类的?|那类的?)?了?[吧啊呀呢]?$")
THESE_BRANDS = re.compile(
    r"(?:(?<![\w-])(?:not|no|none of|without|other than|anything but|different from) )?(?:of )?"
    r"(?<![\w-])(?:these|those) brands?(?![\w-])|(?:不要|不想要|别)?(?:再)?(?:要)?[这那](?:些|几个)(?:牌子|品牌)"
)
TAILS = frozenset(["thing", "things", "stuff", "product", "products", "item", "items", "goods", "articles", "supplies"])
TAILS_ZH = re.compile(r"(?:类的?|的)?(?:东西|商品|产品|用品)$")

_FILLERS = """
i im ive id we my our your me us you a an the some any something anything someone thing things stuff item items
product products one ones this that these those and or but also too for from of to in on at with by as it its is are
was be been am do does can could would should will please show find give get got want wants wanted need needs needed
like liked likes look looking search searching recommend suggest wish wishing buy buying shop shopping eat eating
drink drinking use using wear wearing have has had let lets make made more most other others another else different
kind kinds sort sorts type types just really very quite rather pretty much many lot lots bit little good nice great
best better cool lovely perfect right new today tonight tomorrow now soon later again still only maybe perhaps
around about into so what which who when where how there here if then than not no yes hi hello thanks thank love
prefer preferably favourite favorite usual usually always often sometimes brand brands brought by make makes under
over plus s t im dear time going go come
"""
FILLERS = frozenset(_FILLERS.split())
FILLERS_ZH = re.compile(
    r"我们?|你们?|您|他们?|她们?|想要?|需要|给|帮|找|要|来|买|送|推荐|看看?|有没有|什么|哪些|一?[些点个件款双条瓶盒包]"
    r"|的|了|吗|呢|吧|啊|呀|把|和|或者?|与|及|以及|还有|再|还|多|更|最|很|比较|适合|好看|好|喜欢|爱|今天|现在|平时|请|都|也"
    r"|只|就|可以|能|吃|喝|用|穿|类|种|东西|商品|产品|品牌|牌子|家里?|在|是|为|那|这|其他|别的|价格|价位"
)

# said of an occasion or a taste: no item has to say it, the encoder makes of it what it can
_SOFT = """
gift gifts present presents surprise birthday christmas xmas easter halloween valentine valentines wedding
anniversary party holiday holidays vacation picnic barbecue bbq camping graduation housewarming guests dinner lunch
breakfast weekend school office work gym travel trip beach healthy tasty fancy quick easy cosy cozy comfortable
elegant fun funny cute special romantic festive everyday homemade family old young adult adults teen teens teenager
teenagers senior seniors beginner friend friends teacher colleague boss neighbour neighbor grandma grandpa
grandmother grandfather nephew niece cousin cook cooking bake baking kids kid child children toddler toddlers girl
girls boy boys man men woman women lady ladies mother mom mum dad father wife husband girlfriend boyfriend daughter
son sister brother him her them sensitive
"""
SOFT = frozenset(_SOFT.split())
SOFT_ZH = {
    "女": "women", "男": "men",
    "礼物": "gift", "生日": "birthday", "圣诞": "christmas", "春节": "holiday", "情人节": "valentine", "聚会": "party",
    "派对": "party", "野餐": "picnic", "烧烤": "barbecue", "健康": "healthy", "早餐": "breakfast", "早饭": "breakfast",
    "午餐": "lunch", "晚餐": "dinner", "晚饭": "dinner", "旅行": "travel", "旅游": "travel", "上班": "office",
    "朋友": "friend", "老师": "teacher", "同事": "colleague", "奶奶": "grandmother", "爷爷": "grandfather",
    "外婆": "grandmother", "老人": "seniors", "孩子": "kids", "小孩": "kids", "儿童": "kids", "女孩": "girls",
    "男孩": "boys", "女儿": "daughter", "儿子": "son", "妈妈": "mother", "爸爸": "father", "老婆": "wife",
    "妻子": "wife", "老公": "husband", "丈夫": "husband", "女朋友": "girlfriend", "男朋友": "boyfriend",
    "女士": "women", "女生": "women", "女式": "women", "女款": "women",
    "男士": "men", "男生": "men", "男式": "men", "男款": "men",
    "周末": "weekend", "婚礼": "wedding", "敏感": "sensitive",
}  # fmt: skip
# how a catalogue may call those a thing is for
PEOPLE = {
    **dict.fromkeys(("woman", "women", "lady", "ladies", "wife", "girlfriend"), "women"),
    **dict.fromkeys(("mother", "mom", "mum", "sister", "her"), "women"),
    **dict.fromkeys(("man", "men", "husband", "boyfriend", "father", "dad", "brother", "him"), "men"),
    **dict.fromkeys(("girl", "girls", "daughter", "niece"), "girls"),
    **dict.fromkeys(("boy", "boys", "son", "nephew"), "boys"),
}  # fmt: skip
# what somebody who eats so leaves out
DIETS = {
    "vegan": "meat beef pork chicken turkey ham bacon sausage lamb veal fish seafood shrimp egg milk cheese butter "
    "yogurt cream honey",
    "vegetarian": "meat beef pork chicken turkey ham bacon sausage lamb veal fish seafood shrimp",
    "halal": "pork ham bacon wine beer liquor",
    "kosher": "pork ham bacon shrimp",
}
DIETS_ZH = {"纯素": "vegan", "全素": "vegan", "素食": "vegetarian", "吃素": "vegetarian", "清真": "halal"}
# how shops' own brands are called
OWN_BRANDS = {
    "store brand": "private", "own brand": "private", "private label": "private", "house brand": "private",
    "name brand": "national", "national brand": "national", "自有品牌": "private", "大牌": "national",
}  # fmt: skip
BRAND_BEFORE = frozenset(("by", "from", "brand", "brands", "made", "of"))
BRAND_AFTER = frozenset(("brand", "brands", "products", "label"))
