"""The words of dates, without accents and in small letters: months, weekdays, zones, units, and what may stand
around a date without meaning anything. English, French, German, Dutch, Spanish, Italian, Swedish, Norwegian,
Danish and Portuguese; months in Polish, Finnish, Catalan, Czech, Hungarian and Romanian too. What is October in
Croatian and November in Polish is in none.
"""

from __future__ import annotations

import unicodedata

_MONTHS = """
1 january jan janvier janv januar jänner januari enero ene gennaio gen janeiro
2 february feb febr februar februari février févr fev fév febrero febbraio fevereiro
3 march mar mars märz mär mrz maerz maart mrt marzo março marts
4 april apr avril avr abril abr aprile
5 may mai mei mayo maggio mag maj maio
6 june jun juin juni junio giugno giu junho
7 july jul juillet juil juli julio luglio lug julho
8 august aug août aout augustus agosto ago augusti
9 september sep sept septembre septiembre setiembre set settembre setembro
10 october oct octobre okt oktober octubre ottobre ott outubro out
11 november nov novembre noviembre novembro
12 december dec décembre déc dezember dez diciembre dic dicembre desember des dezembro
1 stycznia tammikuuta tammikuu gener ledna január ianuarie
2 lutego helmikuuta helmikuu febrer února február februarie
3 marca maaliskuuta maaliskuu març března március martie
4 kwietnia huhtikuuta huhtikuu dubna április aprilie
5 maja toukokuuta toukokuu maig května május
6 czerwca kesäkuuta kesäkuu juny června június iunie
7 lipca heinäkuuta heinäkuu juliol července július iulie
8 sierpnia elokuuta elokuu agost srpna augusztus
9 września syyskuuta syyskuu setembre září szeptember septembrie
10 października lokakuuta lokakuu října október octombrie
11 marraskuuta marraskuu noiembrie
12 grudnia joulukuuta joulukuu desembre prosince decembrie
"""
_WEEKDAYS = """
monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun
lundi lun mardi mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
lunes martes miércoles mié jueves jue viernes vie sábado sáb domingo dom
lunedì martedì mercoledì giovedì gio venerdì sabato domenica
måndag mån tisdag tis onsdag ons torsdag tors fredag fre lördag lör söndag sön
mandag man tirsdag tir lørdag lør søndag søn
segunda terça quarta quinta sexta feira
"""
_AROUND = """
a ab actualizada actualizado aggiornata aggiornato aktualisiert al alle am as at au ausgeschrieben avant be beginning
bijgewerkt bis by closes closing clôture création created créé créée d da data date dato datum de deadline del den
der début depuis dès dia do du el em ends et expire expires expiring fecha fi fino fra från from geplaatst
gepubliceerd gültig hasta heure heures hrs i il inserita inserito jour jusqu jusque kl klo l la las le limite
los m mise modifié modifiée na nog of offline om on online op oppdatert opprettet ore online opdateret partir per
plaatst plazo post posted publicada publicado publication publicerad publicerades published publié publiée publisert
pubblicata pubblicato seit senast since slagt start starting starts stelle sul t the till to tot tu uhr um un until
updated uppdaterad valid validité vanaf verfügbar veröffentlicht vence vencimento vom von von zum zur à às été
"""

# Minutes ahead of UTC. Where a name has several meanings, that of Europe and North America.
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 60, "bst": 60, "ist": 60, "cet": 60, "mez": 60,
    "cest": 120, "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "ast": -240,
    "adt": -180, "nst": -210, "aest": 600, "aedt": 660, "acst": 570, "acdt": 630, "awst": 480, "nzst": 720,
    "nzdt": 780, "jst": 540, "sgt": 480, "hkt": 480,
}  # fmt: skip


def _without_accents() -> dict[int, str]:
    """Each Latin letter with an accent, and what stands for it without."""
    table = {ord("ø"): "o", ord("ł"): "l", ord("đ"): "d", ord("æ"): "ae", ord("œ"): "oe", ord("’"): "'"}
    for code in (*range(0xC0, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x1F00)):
        plain = "".join(one for one in unicodedata.normalize("NFD", chr(code)) if not unicodedata.combining(one))
        if plain != chr(code):
            table.setdefault(code, plain)
    return table


_PLAIN = _without_accents()


def fold(text: str) -> str:
    """Small letters without accents."""
    text = text.casefold()
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_PLAIN)


MONTHS = {fold(word): int(line.split()[0]) for line in _MONTHS.strip().splitlines() for word in line.split()[1:]}
WEEKDAYS = frozenset(map(fold, _WEEKDAYS.split()))
AROUND = frozenset(map(fold, _AROUND.split()))
