"""Words that tell what a claim is about: whom and what a person has one of, what may well be several.

Data alone.
"""

from __future__ import annotations

from typing import FrozenSet


def _words(*lines: str) -> FrozenSet[str]:
    return frozenset(word for line in lines for word in line.split())


#: Those of whom a person has one at a time.
ONE_PERSON = _words(
    "boss manager supervisor mother father mum mom dad wife husband partner spouse girlfriend boyfriend fiancee",
    "fiance doctor gp dentist accountant lawyer landlord landlady therapist hairdresser barber vet cleaner gardener",
    "plumber nanny babysitter assistant coach",
)
#: Those of whom a person may have several: that one is called Orla says nothing about the other.
SEVERAL = _words(
    "sister brother son daughter child kid twin cousin uncle aunt nephew niece grandson granddaughter grandmother",
    "grandfather grandma grandpa friend neighbour neighbor colleague coworker teacher tutor student pupil flatmate",
    "roommate classmate client patient employee intern",
)
#: What a thing or a person has one of.
ATTRIBUTES = _words(
    "password passphrase passcode code pin combination number address email e-mail birthday birthdate anniversary",
    "age height weight size type sign hometown surname username login plate salary rent language tongue colour",
)
#: Words for the same.
SAME = {
    "gp": "doctor",
    "manager": "boss",
    "supervisor": "boss",
    "mum": "mother",
    "mom": "mother",
    "dad": "father",
    "spouse": "partner",
    "bike": "bicycle",
    "e-mail": "email",
    "neighbor": "neighbour",
    "favorite": "favourite",
    "color": "colour",
}
#: Attributes that are read off: letters and digits.
DIGITS = _words("password passphrase passcode code pin combination number email e-mail username login plate")
#: Days of which there is one; appointments come again.
ONE_DAY = _words("birthday birthdate anniversary wedding")
#: Things that people own one of, mostly, and name by their make.
BRANDED = _words("car bike bicycle motorbike motorcycle phone laptop computer camera van")
#: Verbs of what somebody does again and again with one thing: "I use Chrome" ends with "I switched from Chrome".
HABITS = _words("use drink smoke drive play study read work eat take ride own prefer learn practise practice teach")
#: Written large, but no names.
NO_NAMES = _words(
    "french german dutch greek swiss czech thai welsh irish danish american african asian european catholic muslim",
    "jewish hindu sikh protestant mormon aries taurus gemini cancer leo virgo libra scorpio sagittarius capricorn",
    "aquarius pisces iraqi pakistani israeli cypriot icelandic",
)
#: Names that end like the word for somebody's origin.
NAMES_LIKE_ORIGINS = _words(
    "ian brian adrian julian christian vivian sebastian fabian damian lilian gillian sean jean dean"
)
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {
    **{word: number for number, word in enumerate(_UNITS.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
}
_COUNTRIES = (
    "afghanistan, albania, algeria, andorra, angola, argentina, armenia, australia, austria, azerbaijan, bahrain",
    "bangladesh, belarus, belgium, belize, benin, bhutan, bolivia, bosnia, botswana, brazil, brunei, bulgaria",
    "burundi, cambodia, cameroon, canada, chad, chile, china, colombia, congo, costa rica, croatia, cuba, cyprus",
    "czechia, czech republic, denmark, dominican republic, ecuador, egypt, el salvador, england, eritrea, estonia",
    "ethiopia, fiji, finland, france, gabon, gambia, georgia, germany, ghana, greece, guatemala, guinea, guyana",
    "haiti, holland, honduras, hungary, iceland, india, indonesia, iran, iraq, ireland, israel, italy, ivory coast",
    "jamaica, japan, jordan, kazakhstan, kenya, kosovo, kuwait, laos, latvia, lebanon, liberia, libya, lithuania",
    "luxembourg, madagascar, malawi, malaysia, mali, malta, mexico, moldova, monaco, mongolia, montenegro, morocco",
    "mozambique, myanmar, namibia, nepal, netherlands, new zealand, nicaragua, niger, nigeria, north korea",
    "northern ireland, norway, oman, pakistan, palestine, panama, paraguay, peru, philippines, poland, portugal",
    "qatar, romania, russia, rwanda, saudi arabia, scotland, senegal, serbia, singapore, slovakia, slovenia",
    "somalia, south africa, south korea, korea, spain, sri lanka, sudan, suriname, sweden, switzerland, syria",
    "taiwan, tajikistan, tanzania, thailand, togo, tunisia, turkey, uganda, ukraine, united arab emirates, uae",
    "united kingdom, uk, great britain, britain, united states, usa, us, america, uruguay, uzbekistan, venezuela",
    "vietnam, wales, yemen, zambia, zimbabwe, europe, asia, africa, scandinavia, texas, california, florida",
    "bavaria, tuscany, catalonia, ontario, quebec, queensland, alaska, hawaii, colorado, oregon, virginia",
)
#: Countries, and what is as large: somebody who lives in Lund lives in Sweden.
COUNTRIES = frozenset(name for line in _COUNTRIES for name in line.split(", "))
