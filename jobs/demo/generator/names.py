"""Names and streets for invented people: ours to give away, common enough to be nobody's."""

from __future__ import annotations

_FIRST = """
Ada Adrian Aiden Alba Alice Amara Amelia Amir Ana Anders Andrea Angela Anika Anouk Anton Aria Arthur Asha Astrid Aurora Axel
Beatriz Ben Björn Bianca Brianna Bruno Caleb Camila Carla Carlos Carmen Cecilia Chloé Clara Claude Cora Dalia Daniel Daphne Dario
David Deepa Diego Dina Dominic Edith Elena Eli Élise Ellen Elsa Emil Emma Enzo Esther Ethan Eva Ezra Fatima Felix Fiona Flora
Frances Frida Gabriel Gemma George Gia Gideon Gina Grace Greta Gustav Hana Hannah Harriet Hazel Hector Helen Henry Hugo Ida Idris
Imani Inès Ingrid Irene Iris Isaac Isla Ivan Ivy Jada Jamal Jana Jasper Javier Joel Johanna Jonas José Josephine Judith Julia June
Kai Karim Keira Kian Lars Layla Lea Leif Lena Leo Lila Lina Liv Lorenzo Louis Lucía Lukas Luna Lydia Mabel Maeve Malik Marco
Margot María Marta Mateo Maud Maya Mei Mia Mila Miles Mina Mira Mohamed Nadia Naomi Nathan Nia Nico Nina Noah Noël Nora Odette
Olga Olive Omar Oscar Otto Owen Paula Pedro Petra Pia Priya Quinn Rafael Ramona Rania Ravi Renée Rita Robin Rosa Ruben Ruth Sadie
Said Salma Samir Sara Selma Siân Silas Simone Sofía Søren Stella Sven Talia Tamar Teo Tess Thea Theo Tobias Tomás Uma Una
Valentina Vera Victor Viola Wanda Willa Yara Yasmin Yusuf Zadie Zara Zoë
"""

_LAST = """
Abbott Abebe Adler Aguilar Ahmed Albright Alvarez Amundsen Anand Archer Arroyo Ashby Atwell Bakker Banerjee Barnard Barrera
Beckett Bellamy Benítez Bergström Bianchi Birch Blackwood Blom Bonnet Boswell Boyle Brandt Brennan Brightwell Brooks Büchner
Calloway Cardoso Carver Castañeda Chandra Chaudhry Cheng Clayborne Coble Conti Cordero Côté Crane Dahl Dalton D'Angelo Darby
Dejong Delacroix Devereux Díaz Dinh Dobbs Donnelly Dubois Duffy Dunne Eastman Ebert Eklund Ellery Emerson Escobar Espinoza Eze
Fairchild Falk Farrow Ferreira Finch Fischer Fitzgerald Flores Fontaine Forsyth Fournier Fraser Frost Fuentes Galloway Gálvez
García Garner Gauthier Gibbs Gill Goodwin Grady Granger Greene Guerrero Gupta Haddad Hale Hallström Hammond Hansen Harlow Hartmann
Hayward Herrera Hollis Holt Horvath Hughes Hussain Ibarra Iglesias Ingram Ito Jansen Jiménez Johansson Jung Kamara Kaplan Keane
Keller Khalil Kim Kingsley Kovacs Krüger Kumar Lachance Langley Larsen Lavoie Leclerc Lindgren Locke Lowell Lund Mackay Maddox
Mahmoud Malone Marín Marsh Mbeki McAllister McKenna Medina Mensah Mercer Meyer Møller Monroe Montoya Morales Moreau Mori Müller
Munro Nakamura Navarro Nguyen Nielsen Nolan Núñez Nwosu Oakley O'Brien Ochoa O'Connor Okafor Olsen O'Neill Orozco Ortega Osei
Paquette Parrish Patel Peña Perrault Petrov Phan Pike Ponce Prescott Prieto Quigley Quintero Ramsey Rao Ravenel Redmond Reyes Ríos
Rivera Rossi Rowe Ruiz Saavedra Salazar Santos Sauvé Schäfer Schultz Sharma Shaw Sinclair Škoda Solís Sørensen St._Clair Stone
Suárez Sutter Svensson Takeda Tanaka Tate Thibault Thorne Tran Tremblay Ueda Ulrich Usman Valdez Varga Vasquez Velasco Vogel
Wagner Walsh Warner Weiss Whitaker Wickham Wilder Winslow Wong Xu Yamada Yates Yilmaz Yoder Zamora Zeller Zhang Zimmermann Zúñiga
"""

_STREETS = """
Alder Beacon Birch Bluff Cedar Clover Elm Fern Garden Harvest Juniper Lake Larkspur Linden Maple Meadow Mill Oak Orchard Prairie
Quarry River Spring Willow
"""
_KINDS = ("St", "Ave", "Ln", "Rd", "Ct")

FIRST_NAMES: tuple[str, ...] = tuple(_FIRST.split())
LAST_NAMES: tuple[str, ...] = tuple(_LAST.split())
STREETS: tuple[str, ...] = tuple(f"{street} {kind}" for street in _STREETS.split() for kind in _KINDS)
TOWNS: tuple[tuple[str, str], ...] = (("Millbrook", "60901"), ("Prairie Lakes", "60902"), ("Oak Hollow", "60903"), ("Fairwater", "60904"))

_PLAIN = str.maketrans("áàâäãåéèêëíìîïñóòôöõøúùûüýÿžšçÁÉÍÓÚÑŠØÖÄÜÅ", "aaaaaaeeeeiiiinoooooouuuuyyzscAEIOUNSOOAUA")


def last_name(written: str) -> str:
    """The name as it is written in an export (a space inside a name is an underscore in the list above)."""
    return written.replace("_", " ")


def login(first: str, last: str, number: int) -> str:
    """The part of a school mail address before the @: first letter and last name in plain letters, and three digits of the number."""
    plain = (first[:1] + last).translate(_PLAIN).lower()
    return "".join(letter for letter in plain if letter.isalnum() and letter.isascii()) + f"{number % 1000:03d}"
