"""What student systems call a patron's fields: for a first guess at a file's columns, and for a field by another name in a job."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

# Header names, letters and digits alone and in lower case, by the field that they usually mean; the likeliest first.
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "district_id": (
        *("districtid", "studentid", "studentnumber", "studentno", "stuid", "employeeid", "employeenumber", "staffid", "staffnumber"),
        *("patronid", "personid", "sisid", "permid", "localid", "userid", "usernumber", "id"),
    ),
    "site": (
        *("site", "siteshortname", "sitecode", "siteid", "school", "schoolcode", "schoolid", "schoolnumber", "schoolname", "building"),
        *("buildingcode", "campus", "location", "sitename"),
    ),
    "barcode": ("barcode", "patronbarcode", "librarybarcode", "cardnumber", "librarycard", "librarycardnumber", "card", "cardno"),
    "last_name": ("lastname", "last", "surname", "familyname", "lname", "studentlastname", "namelast", "legallastname"),
    "first_name": ("firstname", "first", "givenname", "forename", "fname", "studentfirstname", "namefirst", "legalfirstname"),
    "middle_name": ("middlename", "middle", "mname", "middleinitial", "mi", "namemiddle"),
    "nickname": ("nickname", "nick", "preferredname", "preferredfirstname", "knownas"),
    "patron_type": ("patrontype", "usertype", "persontype"),
    "access_level": ("accesslevel",),
    "gender": ("gender", "sex"),
    "homeroom": ("homeroom", "hr", "hrm", "homeroomname", "homeroomteacher", "homeroomnumber"),
    "grade_level": ("gradelevel", "grade", "gr", "currentgrade", "yearlevel"),
    "graduation_year": ("graduationyear", "gradyear", "classof", "yog", "yearofgraduation", "expectedgraduationyear"),
    "birth_date": ("birthdate", "dateofbirth", "dob", "birthday"),
    "card_expires": ("cardexpires", "cardexpiration", "expirationdate", "expirydate"),
    "acceptable_use_policy": ("acceptableusepolicy", "aup"),
    "username": ("username", "login", "loginid", "loginname", "networkid"),
    "email_1": ("email", "emailaddress", "email1", "studentemail", "schoolemail", "mail"),
    "address_1_line_1": ("address", "address1", "street", "streetaddress", "addressline1", "homeaddress"),
    "address_1_line_2": ("address2", "addressline2", "apartment", "apt"),
    "address_1_city": ("city", "town"),
    "address_1_state": ("state", "province"),
    "address_1_zip": ("zip", "zipcode", "postalcode", "postcode"),
    "address_1_phone_1": ("phone", "phone1", "homephone", "telephone", "phonenumber"),
}


def letters_of(name: str) -> str:
    """A name's letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def field_called(name: str, fields: Collection[str]) -> str | None:
    """The field among `fields` that people usually mean by `name`; None for another word: `surname` is last_name."""
    plain = letters_of(name)
    return next((field for field, names in USUAL_NAMES.items() if field in fields and plain in names), None)
