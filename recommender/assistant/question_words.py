"""The words by which shoppers ask about goods, in English and Chinese, and those that say of no goods what they are.

Patterns alone; each reads a text in one way only, so that the time grows with the text alone.
"""

import re

COMPARE = re.compile(
    r"\bcompar(e|ed|ing|ison)\b|\bdifferences?\b|\bversus\b|\bvs\b"
    r"|\b(cheaper|dearer|better|pricier|more expensive|less expensive|costs? (less|more))\b.{1,80}\bor\b"
    r"|\bor\b.{1,80}\b(cheaper|dearer|better|pricier|costs? (less|more)|more expensive)"
    r"|\b(cheaper|dearer|pricier|more expensive|less expensive)( \w+){0,6} than [a-z]"
    r"|比较|对比|区别|差别|[和与跟].{1,30}哪.?(更|比较)?[便贵好]|还是.{1,30}[便贵好]|比.{1,30}(便宜|贵)",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\s(?:and|or|with|than|versus|vs\.?)\s|\s?,\s?(?:or\s)?|还是|[和与跟比、，]", re.IGNORECASE)
CHEAPEST = re.compile(r"\b(cheapest|least expensive|lowest[- ]priced?|costs? (the )?least)\b|最便宜|最低价", re.I)
DEAREST = re.compile(r"\b(most expensive|priciest|dearest|costs? (the )?most)\b|最贵", re.I)
CHEAPER = re.compile(r"\b(cheaper|less expensive|lower[- ]priced?)\b|便宜[一]?[点些]|更便宜|再便宜", re.I)
STOCK = re.compile(
    r"\b(in stock|out of stock|sold out|availab(le|ility)|back in stock|(are |is )?left|still have|right now"
    r"|how many (do|of|are|have)|run out of)\b|有货|缺货|现货|库存|还剩|卖完|还有(多少|吗|几)|买到",
    re.IGNORECASE,
)
PRICE = re.compile(
    r"\bhow much (is|are|does|do|for)\b|\b(price|prices|cost|costs) (of|for)\b|\bwhat (is|are|does"
    r"|do)\b.{1,60}\bcosts?\b"
    r"|\bhow expensive\b|多少钱|什么价|价格|怎么卖|几块钱|贵不贵|贵吗",
    re.IGNORECASE,
)
FIND = re.compile(
    r"\b(do|does|have|has) (you|u|the shop|this shop|your shop) (\w+ )?(have|sell|stock|carry|got"
    r"|offer)\b|\bhave you got\b"
    r"|\b(looking for|search for|find me|show me|is there|are there|where can i (find|buy|get)|got any"
    r"|recommend|suggest|i'm after|i am after)\b"
    r"|\bi('d| would)? ?(need|want|like)\b|\b(what|which)( \w+){1,3} (do you|are|is|can)\b"
    r"|有没有|有卖|卖不卖|你们卖|你们有|有哪些|有什么|想买|想要|我要买|需要|帮我找|给我看|推荐|[有卖].{1,12}[吗么]"
    r"|找.{0,2}(商品|一下)",
    re.IGNORECASE,
)
BASKET = re.compile(
    r"\b(add|put|place|drop)\b.{1,80}\b(basket|cart|trolley)\b|(加|放|添).{0,12}(购物车|购物篮)|(购物车|购物篮)里?加",
    re.IGNORECASE,
)
OFFERS = re.compile(
    r"\b((any|special|current|good|my|what|which|the) (\w+ )?)?(offers|deals|coupons?|vouchers?"
    r"|promotions?|bargains?|special offers?)\b"
    r"|\b(anything|something|what('s| is)?) on sale\b"
    r"|\bon (special |current )?offer\b|\b(a|any) discounts?\b|优惠|折扣|促销|打折|什么活动",
    re.IGNORECASE,
)
# how a coupon is used, and not which there are: a question for the FAQ
COUPON_USE = re.compile(
    r"\b(combin(e|ed|ing)|stack(ed|ing)?|reject(ed|s)?|refus(ed|es)|declin(ed|es)|expir(ed|es|e)|invalid|redeem(ed)?"
    r"|does(n't| not) work|(is|are)(n't| not) (working|accepted|valid)|not accepted|several|multiple|more than one"
    r"|enter|apply)\b|叠加|无效|失效|过期|不能用|用不了|怎么用",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(
    r"(how are you( doing)?|who are you|what are you|are you (a |an )?(robot|bot|human|real|ai|machine|person)"
    r"|what can you (do|help( me)? with)|(good)?bye( bye)?|see you( later)?|ok(ay)?|great|perfect|cool|nice"
    r"|你是谁|你是(机器人|真人|人)吗?|你能做什么|你会什么|再见|拜拜|在吗|在不在)[\s!?.,！？。]{0,5}$",
    re.IGNORECASE,
)
# what a shop does, and not what it sells
SERVICE = re.compile(
    r"\b(returns?|refunds?|money back|register(ed|ing)?|sign(ing)? up"
    r"|deliver(y|ies|ed)?|shipp(ing|ed)|shipments?|pay(ing|ments?)?|accounts?"
    r"|passwords?|orders?|ordered"
    r"|invoices?|receipts?|warranty|guarantees?|policy|policies|newsletter|loyalty|points|membership"
    r"|branch(es)?|stores?"
    r"|opening hours?|open on|jobs?|careers?|address|phone number|customer (service|support)|gift ?cards?"
    r"|gift wrap(ping)?"
    r"|promo codes?|discount codes?|cancel(led)?|complain(t|ts)?|feedback|privacy|girlfriend|boyfriend|feelings)\b"
    r"|退货|退款|换货|发票|送货|配送|送到|快递|物流|付款|支付|账号|密码|订单|保修|会员|积分|门店|营业|客服|投诉|地址",
    re.IGNORECASE,
)
POINTING = re.compile(
    r"\b(it|its|them|they|this|that|those|these|one|ones)\b|它|这个|那个|这款|那款|这些|那些", re.IGNORECASE
)
# said of goods and naming none: taken out of a question before it is searched for
EMPTY = re.compile(
    r"\b(?:how (?:much|many|expensive|about)|what about|in stock|out of stock|sold out|on sale|at the moment|right now"
    r"|do you|does it|have you|you have|looking for|search(?:ing)? for|would like|i'd like|what's|where's"
    r"|something like|kinds? of|i'm after|run out of|how many have|when"
    r"|sorts? of|types? of|difference between|differences?|least expensive|most expensive|lowest[- ]priced?"
    r"|highest[- ]priced?|costs? (?:the )?(?:least|most)|(?:more|less) expensive|add|put|place|basket"
    r"|cart|trolley|shopping"
    r"|hi|hello|hey|please|excuse me|ok|okay|then|well|also|i'm|i|am|you|u|your|yours|the|shop|store|have"
    r"|has|had|sell|stock"
    r"|carry|offer|got|get|buy|purchase|is|are|was|were|do|does|did|there|any|anything|some|something|look|search|find"
    r"|show|tell|us|me|my|need|want|would|like|can|could|will|where|what|which|who|still|now|today|currently|left"
    r"|available|availability|price|prices|priced|cost|costs|compare|comparison|versus|vs|better|best|cheapest|priciest"
    r"|dearest|dearer|recommend|suggest|good|nice|great|give|help|know|about|it|its|them|they|this|that|those|these|one"
    r"|ones|product|products|item|items|goods|brand|brands|thanks|thank|maybe|just|really|into|a|an|be|go|let|see"
    r"|so|of|in|to|at)\b|[?!;:？！。；：]|\.(?!\d)",
    re.IGNORECASE,
)
EMPTY_ZH = re.compile(
    r"请问|你好|您好|你们|您们|[你您我]|想要|想买|需要|有没有|没有$|有卖|卖不卖|有货|缺货|现货|库存|还剩|还有"
    r"|多少钱|多少|什么价格?|价格(?!低|高|在|不)"
    r"|怎么卖|几块钱|贵不贵|卖完|店里|本店|这里|推荐|一下|一些|[一两二三几][款种个袋瓶包盒]|买[点个些]|个(?=\S)"
    r"|哪[些款种个家里]?|什么|可以|能不能|能|给|帮|找|买到|买|现在|目前"
    r"|谢谢|请|商品|产品|东西|比较|对比|区别|差别|最便宜的?|最贵的?|更?便宜(?![一点些])|看看|看|把|加入|加到|加"
    r"|放进|放到|放|添加|购物车|购物篮"
    r"|的(?=$|[？?，。吗呢])|(?<![没含不])有(?!机)|[吗呢么啊吧呀了它里是卖那想还]"
    r"|(?<![\d一二三四五六七八九十百])到(?!\d)|(?<!不)要|这个|那个|贵$|几(?!块)|[？?。！!；]"
)
