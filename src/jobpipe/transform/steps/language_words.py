"""Names of languages, by ISO 639-1 code: in the language itself and in those of Europe's job boards."""

from __future__ import annotations

from jobpipe.transform.steps.date_words import fold

CODES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st
    su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
""".split()  # noqa: SIM905
)
_NAMES = """
ar arabic arabe arabisch árabe arabo arabiska العربية
bg bulgarian bulgare bulgarisch búlgaro bulgaro български
ca catalan katalanisch catalán catalano català
cs czech tchèque tschechisch tsjechisch checo ceco tjeckiska čeština česky
da danish danois dänisch deens danés danese danska dansk
de german allemand deutsch duits alemán tedesco tyska tysk alemão
el greek grec griechisch grieks griego greco grekiska ελληνικά
en english anglais englisch engels inglés inglese engelska engelsk inglês
es spanish espagnol spanisch spaans español spagnolo spanska spansk espanhol castellano
et estonian estonien estnisch ests estonio estone eesti
eu basque baskisch vasco euskera euskara
fi finnish finnois finnisch fins finés finlandés finlandese finska finsk suomi
fr french français francais französisch frans francés francese franska fransk francês
ga irish irlandais irisch iers gaeilge
gl galician galicien gallego galego
he hebrew hébreu hebräisch hebreeuws hebreo ebraico עברית
hi hindi
hr croatian croate kroatisch croata kroatiska hrvatski
hu hungarian hongrois ungarisch hongaars húngaro ungherese ungerska magyar
it italian italien italienisch italiaans italiano italienska italiensk
ja japanese japonais japanisch japans japonés giapponese japanska 日本語
ko korean coréen koreanisch koreaans coreano koreanska 한국어
lb luxembourgish luxembourgeois luxemburgisch luxemburgs lëtzebuergesch
lt lithuanian lituanien litauisch litouws lituano lietuvių
lv latvian letton lettisch lets letón lettone latviešu
nl dutch néerlandais niederländisch nederlands neerlandés holandés olandese nederländska nederlandsk flemish flamand
no norwegian norvégien norwegisch noors noruego norvegese norska norsk bokmål
pl polish polonais polnisch pools polaco polacco polska polsk polski
pt portuguese portugais portugiesisch portugees portugués portoghese portugisiska português brazilian
ro romanian roumain rumänisch roemeens rumano rumeno rumänska română
ru russian russe russisch ruso russo ryska русский
sk slovak slovaque slowakisch slovaaks eslovaco slovacco slovenčina
sl slovene slovenian slovène slowenisch sloveens esloveno sloveno slovenščina
sr serbian serbe serbisch servisch serbio serbo srpski
sv swedish suédois schwedisch zweeds sueco svedese svenska svensk
tr turkish turc türkisch turks turco turkiska türkçe
uk ukrainian ukrainien ukrainisch oekraïens ucraniano ucraino українська
vi vietnamese vietnamien
zh chinese chinois chinesisch chinees chino cinese kinesiska mandarin 中文
"""
# ISO 639-2, where the first letters are another language or none.
_THREE = """
ar ara;bg bul;ca cat;cs ces cze;da dan;de deu ger;el ell gre;en eng;es spa;et est;eu eus baq;fi fin;fr fra fre;ga gle
gl glg;he heb;hi hin;hr hrv;hu hun;it ita;ja jpn;ko kor;lb ltz;lt lit;lv lav;nl nld dut;no nor nob nno;pl pol;pt por
ro ron rum;ru rus;sk slk slo;sl slv;sr srp;sv swe;tr tur;uk ukr;vi vie;zh zho chi
"""


def _table() -> dict[str, str]:
    made = {}
    for line in (*_NAMES.strip().splitlines(), *_THREE.strip().replace("\n", ";").split(";")):
        code, *names = line.split()
        made.update({fold(name): code for name in names})
    return made


NAMES = _table()
