"""Words that the demo's people and goods are made of; the places are real ones."""

from typing import Final

FIRST_NAMES: Final = (
    *(
        "Ada",
        "Alan",
        "Amara",
        "Ben",
        "Carmen",
        "Chen",
        "Dana",
        "Elif",
        "Emma",
        "Felix",
        "Grace",
        "Hana",
        "Ines",
        "Ivan",
    ),
    *(
        "Jamal",
        "Julia",
        "Kofi",
        "Lena",
        "Liam",
        "Maria",
        "Mateo",
        "Nadia",
        "Noah",
        "Olga",
        "Omar",
        "Priya",
        "Rosa",
        "Sam",
    ),
    *("Sofia", "Tariq", "Uma", "Victor", "Wei", "Xenia", "Yara", "Zoe"),
)
LAST_NAMES: Final = (
    *("Adams", "Bauer", "Brown", "Chan", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jansen"),
    *("Johnson", "Kim", "Kowalski", "Lee", "Lopez", "Meyer", "Miller", "Nguyen", "Novak", "Okafor", "Patel", "Reyes"),
    *("Rossi", "Santos", "Schmidt", "Singh", "Smith", "Tanaka", "Taylor", "Walker", "Wang", "Yilmaz", "Young", "Zhou"),
)
STREETS: Final = ("Oak Street", "Main Street", "Park Avenue", "Lake Road", "Mill Lane", "Cedar Court", "Hill Drive")

KINDS: Final = {
    "Kitchen": ("Kettle", "Mug", "Skillet", "Chopping Board", "Teapot", "Toaster", "Bowl", "Knife"),
    "Living": ("Lamp", "Cushion", "Blanket", "Rug", "Vase", "Clock", "Armchair", "Side Table"),
    "Office": ("Desk", "Chair", "Notebook", "Pen Set", "Monitor Stand", "Filing Box", "Desk Lamp", "Whiteboard"),
    "Outdoor": ("Tent", "Sleeping Bag", "Lantern", "Cooler", "Backpack", "Hammock", "Camp Stove", "Water Bottle"),
    "Clothing": ("T-Shirt", "Hoodie", "Rain Jacket", "Cap", "Scarf", "Socks", "Gloves", "Belt"),
}
MATERIALS: Final = ("Oak", "Steel", "Cotton", "Wool", "Copper", "Bamboo", "Linen", "Ceramic", "Walnut", "Canvas")
COLOURS: Final = ("Black", "White", "Blue", "Green", "Red", "Sand", "Grey", "Navy", "Olive", "Rust")

PLACES: Final = (
    ("NYC-W", "Newark warehouse", "warehouse", "Newark", "NJ", "07102", "America/New_York"),
    ("ATL-W", "Atlanta warehouse", "warehouse", "Atlanta", "GA", "30303", "America/New_York"),
    ("DAL-W", "Dallas warehouse", "warehouse", "Dallas", "TX", "75201", "America/Chicago"),
    ("CHI-W", "Chicago warehouse", "warehouse", "Chicago", "IL", "60607", "America/Chicago"),
    ("RNO-W", "Reno warehouse", "warehouse", "Reno", "NV", "89501", "America/Los_Angeles"),
    ("NYC-1", "Manhattan store", "store", "New York", "NY", "10003", "America/New_York"),
    ("BOS-1", "Boston store", "store", "Boston", "MA", "02116", "America/New_York"),
    ("MIA-1", "Miami store", "store", "Miami", "FL", "33130", "America/New_York"),
    ("DEN-1", "Denver store", "store", "Denver", "CO", "80202", "America/Denver"),
    ("AUS-1", "Austin store", "store", "Austin", "TX", "78701", "America/Chicago"),
    ("LAX-1", "Los Angeles store", "store", "Los Angeles", "CA", "90012", "America/Los_Angeles"),
    ("SEA-1", "Seattle store", "store", "Seattle", "WA", "98101", "America/Los_Angeles"),
)
CHANNELS: Final = (
    ("web", "Web shop", "web"),
    ("store", "Stores", "store"),
    ("phone", "Call centre", "phone"),
    ("market", "Marketplace", "marketplace"),
    ("b2b", "Business customers", "b2b"),
    ("app", "Mobile app", "mobile"),
)
