"""demo/browser.py: as much of a browser as signing in needs: HTTPS, cookies, redirects, forms.

    browser = Browser(ca_file)
    page = browser.open("https://portal.example/private")   # follows redirects
    page = browser.submit(page, {"username": "johndoe", "password": "..."})
    page.status, page.url, page.text, page.headers

Cookies are kept by host, as browsers do. Nothing is retried, and no proxy is used: what is shown is
what the server answered.
"""

import email.utils
import html.parser
import http.client
import json
import re
import ssl
import time
import urllib.parse

TIMEOUT_SECONDS = 20
REDIRECTS_MAX = 12
CHROME = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/142.0.0.0 Safari/537.36")


class Form:
    """One form of a page: where it goes, its fields with their values, its buttons."""

    def __init__(self, action, method):
        self.action = action
        self.method = method
        self.fields = {}
        self.buttons = []  # (name, value)


class _FormFinder(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []
        self._inside = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(Form(attributes.get("action") or "",
                                   (attributes.get("method") or "get").upper()))
            self._inside = True
        elif self._inside and tag in ("input", "button"):
            self._take_control(tag, attributes)

    def _take_control(self, tag, attributes):
        name, value = attributes.get("name"), attributes.get("value") or ""
        kind = (attributes.get("type") or "").lower()
        if name is None:
            return
        if tag == "button" or kind == "submit":
            self.forms[-1].buttons.append((name, value))
        elif kind not in ("checkbox", "radio") or "checked" in attributes:
            self.forms[-1].fields[name] = value

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


class Page:
    """One answer. `url` is the address that gave it, after redirects."""

    def __init__(self, url, status, headers, body):
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def forms(self):
        finder = _FormFinder()
        finder.feed(self.text)
        return finder.forms

    @property
    def heading(self):
        found = re.search(r"<h1>(.*?)</h1>", self.text, re.S)
        return html.unescape(found.group(1)) if found else ""

    @property
    def alert(self):
        """What the page says is wrong."""
        found = re.search(r'role="alert">(.*?)</div>', self.text, re.S)
        return html.unescape(found.group(1)) if found else ""

    @property
    def query(self):
        """The parameters of the address, in the query or, failing that, the fragment."""
        parts = urllib.parse.urlsplit(self.url)
        return dict(urllib.parse.parse_qsl(parts.query or parts.fragment))


class Browser:
    """One person's browser: a cookie jar, and the authority that it trusts."""

    def __init__(self, ca_file, user_agent=CHROME):
        self._context = ssl.create_default_context(cafile=str(ca_file))
        self._user_agent = user_agent
        self.cookies = {}  # host -> {name: value}

    def open(self, url, method="GET", fields=None, headers=None, stop_before=None):
        """Requests and follows redirects. A redirect to an address that begins with `stop_before`
        is not followed: the answer is then a Page of that address with status 0."""
        for _ in range(REDIRECTS_MAX):
            page = self.request(url, method, fields, headers)
            location = page.headers.get("Location")
            if page.status not in (301, 302, 303, 307, 308) or location is None:
                return page
            url = urllib.parse.urljoin(url, location)
            if stop_before and url.startswith(stop_before):
                return Page(url, 0, page.headers, b"")
            if page.status not in (307, 308):
                method, fields = "GET", None
        raise RuntimeError(f"more than {REDIRECTS_MAX} redirects, the last to {url}")

    def submit(self, page, values=None, button=None, form=0, stop_before=None):
        """Fills in a form of the page and presses the button with that value, or the first."""
        found = page.forms[form]
        fields = {**found.fields, **(values or {})}
        pressed = [b for b in found.buttons if button in (None, b[1])]
        if found.buttons:
            fields[pressed[0][0]] = pressed[0][1]
        target = urllib.parse.urljoin(page.url, found.action)
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url))
        return self.open(target, found.method, fields, {"Origin": origin}, stop_before)

    def request(self, url, method="GET", fields=None, headers=None):
        """One request and its answer; redirects are not followed."""
        parts = urllib.parse.urlsplit(url)
        sent = {"User-Agent": self._user_agent, "Accept": "text/html,*/*;q=0.8", **(headers or {})}
        jar = self.cookies.get(parts.hostname, {})
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        connection = http.client.HTTPSConnection(parts.hostname, parts.port or 443,
                                                 timeout=TIMEOUT_SECONDS, context=self._context)
        try:
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            page = Page(url, answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        for line in page.headers.get_all("Set-Cookie") or []:
            self._keep(parts.hostname, line)
        return page

    def _keep(self, host, line):
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        jar = self.cookies.setdefault(host, {})
        jar[name] = value
        for attribute in attributes:
            key, _, setting = attribute.strip().partition("=")
            if key.lower() == "max-age" and int(setting) <= 0:
                jar.pop(name, None)
            elif key.lower() == "expires" and _is_past(setting):
                jar.pop(name, None)


def _is_past(date):
    parsed = email.utils.parsedate_to_datetime(date)
    return parsed.timestamp() < time.time()


def sign_in(browser, url, username, password, stop_before=None):
    """Opens an address that leads to the sign-in form, signs in, agrees to what is asked; returns
    the page where that ends: the application's, or the server's where it refuses."""
    page = browser.open(url, stop_before=stop_before)
    if page.status and page.heading == "Sign in":
        page = browser.submit(page, {"username": username, "password": password},
                              stop_before=stop_before)
    if page.status and (page.heading.endswith("asks for your permission")
                        or page.heading.startswith("Let a program on this computer")):
        page = browser.submit(page, button="accept", stop_before=stop_before)
    return page
