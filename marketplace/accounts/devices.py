"""Naming a device in a few words from what its browser says; nothing finer is kept."""

_SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "Mac"),
    ("linux", "Linux"),
)
_BROWSERS = (
    ("zalo", "Zalo"),
    ("fbav", "Facebook"),
    ("coc_coc", "Cốc Cốc"),
    ("samsungbrowser", "Samsung Internet"),
    ("edg", "Edge"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)


def device_name(user_agent: str) -> str:
    """`Android · Chrome`; "" when the browser does not say."""
    said = user_agent[:500].lower()
    system = next((name for word, name in _SYSTEMS if word in said), "")
    browser = next((name for word, name in _BROWSERS if word in said), "")
    return " · ".join(part for part in (system, browser) if part)
