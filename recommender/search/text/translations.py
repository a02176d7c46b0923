"""Other words for what shops sell: of the other language, for a Chinese wish to an English catalogue and the other way
round, and of the same.

A word list, not a translator: it names what shops sell. A catalogue in the wish's own language needs none of it.
"""

from collections.abc import Container, Mapping

_PAIRS = """
狗粮=dog_food 狗=dog 小狗=dog 猫粮=cat_food 猫砂=cat_litter 猫=cat 宠物=pet 鸟食=bird_seed 鱼=fish 海鲜=seafood
虾=shrimp 牛肉=beef 猪肉=pork 鸡肉=chicken 火鸡=turkey 羊肉=lamb 火腿=ham 培根=bacon 香肠=sausage 热狗=hot_dogs
肉=meat 牛奶=milk 奶酪=cheese 芝士=cheese 黄油=butter 酸奶=yogurt 鸡蛋=eggs 蛋=eggs 奶油=cream 冰淇淋=ice_cream
面包=bread 蛋糕=cakes 饼干=cookies 派=pies 麦片=cereal 面粉=flour 米=rice 意面=pasta 面条=noodles 披萨=pizza 汤=soup
酱=sauce 盐=salt 糖=sugar 糖果=candy 巧克力=chocolate 坚果=nuts 花生=peanut 花生酱=peanut_butter 爆米花=popcorn
薯片=chips 零食=snacks 沙拉=salad 蔬菜=vegetables 水果=fruit 苹果=apples 香蕉=banana 橙子=orange 草莓=strawberry
葡萄=grapes 西红柿=tomatoes 番茄=tomatoes 土豆=potatoes 洋葱=onions 蘑菇=mushrooms 胡萝卜=carrots 玉米=corn 豆=beans
咖啡=coffee 茶=tea 绿茶=green_tea 红茶=black_tea 果汁=juice 汽水=soft_drinks 水=water 啤酒=beer 红酒=wine
葡萄酒=wine 酒=liquor 香草=vanilla 香料=spices 油=oil 橄榄油=olive_oil 罐头=canned 冷冻=frozen 有机=organic 辣=spicy
婴儿=baby 宝宝=baby 尿布=diapers 纸尿裤=diapers 奶粉=infant_formula 婴儿食品=baby_food 玩具=toys 游戏=games
积木=building_bricks 拼图=jigsaw_puzzle 洋娃娃=doll 文具=stationery 贺卡=greeting_cards 杂志=magazine 书=bookstore
蜡烛=candles 电池=batteries 纸巾=tissues 卫生纸=bath_tissues 洗衣液=laundry_detergents 洗洁精=dishwash_detergents
清洁=cleaning 鲜花=floral 玫瑰=roses 花=floral 园艺=garden 种子=seeds 维生素=vitamins 药=analgesics
感冒=cold_and_flu 厨具=cookware 香烟=cigarettes 烟=cigarettes 肥皂=soap 牙膏=toothpaste 口腔=oral_hygiene
除臭=deodorants 洗发水=shampoo 护发素=conditioner 护发=hair_care 染发=hair_color 发胶=hair_sprays 假发=wigs
吹风机=hair_dryers 卷发棒=curling_irons 口红=lipstick 唇膏=lipstick 唇彩=lip_glosses 睫毛膏=mascara 眼影=eye_shadow
眼线=eyeliner 粉底=foundation 腮红=blush 遮瑕=concealer 指甲油=nail_polish 美甲=nails 香水=fragrance 香氛=fragrance
面膜=masks 面霜=creams 乳液=lotions 爽肤水=toners 洁面=cleansers 洗面奶=cleansers 防晒=sunscreen 卸妆=makeup_remover
沐浴露=body_washes 身体乳=body_lotion 护手霜=hand_cream 精油=essential_oils 护肤=skin_care 化妆品=makeup 彩妆=makeup
化妆刷=makeup_brushes 梳子=combs 保湿=moisturizing 美白=whitening 无香=fragrance_free 衬衫=shirts T恤=tshirts
t恤=tshirts 上衣=tops 连衣裙=dresses 裙子=skirts 牛仔裤=jeans 裤子=trousers 短裤=shorts 毛衣=sweaters 外套=jackets
夹克=jackets 内衣=innerwear 袜子=socks 鞋=shoes 鞋子=shoes 运动鞋=sports_shoes 休闲鞋=casual_shoes 皮鞋=formal_shoes
高跟鞋=heels 凉鞋=sandals 拖鞋=flip_flops 手表=watches 包=bags 手提包=handbags 背包=backpacks 钱包=wallets
皮带=belts 腰带=belts 太阳镜=sunglasses 墨镜=sunglasses 围巾=scarves 领带=ties 帽子=caps 首饰=jewellery
耳环=earrings 项链=necklace 红色=red 黑色=black 白色=white 蓝色=blue 绿色=green 黄色=yellow 粉色=pink 粉红色=pink
紫色=purple 灰色=grey 棕色=brown 米色=beige 藏青色=navy_blue 橙色=orange 夏季=summer 夏天=summer 冬季=winter
冬天=winter 春季=spring 春天=spring 秋季=fall 秋天=fall 运动=sports 休闲=casual 正式=formal 正装=formal
"""


# words for a thing that catalogues call otherwise
_SAME = """
puppy=dog puppies=dog doggy=dog pup=dog hound=dog kitten=cat kittens=cat kitty=cat nappies=diapers nappy=diapers
pet=pet_care booze=liquor sweets=candy lollies=candy crisps=potato_chips soda=soft_drinks pop=soft_drinks
veg=vegetables veggies=vegetables flowers=floral bouquet=floral painkillers=analgesics painkiller=analgesics
aspirin=analgesics toothpaste=oral_hygiene sneakers=sports_shoes trainers=sports_shoes tee=tshirts tees=tshirts
t-shirt=tshirts pants=trousers purse=handbags perfume=fragrance perfumes=fragrance cologne=fragrance
shades=sunglasses jewelry=jewellery moisturiser=moisturizers moisturizer=moisturizers cleanser=cleansers
shampoo=shampoos conditioner=conditioners suncream=sunscreen straightener=flattening_irons
straighteners=flattening_irons blush=blushes pajamas=nightwear pyjamas=nightwear sweater=sweaters jumper=sweaters
autumn=fall gray=grey navy=navy_blue
"""


def _read(pairs: str) -> dict[str, str]:
    return {pair.split("=")[0].lower(): pair.split("=")[1].replace("_", " ") for pair in pairs.split()}


TO_ENGLISH: Mapping[str, str] = _read(_PAIRS)
SAME: Mapping[str, str] = _read(_SAME)
_TO_CHINESE: dict[str, list[str]] = {}
for _chinese, _english in TO_ENGLISH.items():
    _TO_CHINESE.setdefault(_english, []).append(_chinese)


def other_words(phrase: str) -> tuple[str, ...]:
    """What else the thing may be called, in English and in Chinese."""
    same = SAME.get(phrase)
    if same is None:
        return tuple(_TO_CHINESE.get(phrase, ()))
    return (same, *_TO_CHINESE.get(phrase, ()), *_TO_CHINESE.get(same, ()))


def longest_at(text: str, start: int, words: Container[str], longest: int) -> str:
    """The longest of these words that the text has at this place; "" where it has none."""
    for length in range(min(longest, len(text) - start), 0, -1):
        if text[start : start + length] in words:
            return text[start : start + length]
    return ""
