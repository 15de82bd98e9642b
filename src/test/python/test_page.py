"""The documentation page of `mvn -Plocal` in a headless browser."""

import json
import shutil
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def program(*names):
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"This test needs {names[-1]} (Debian: apt-get install chromium chromium-driver)."
    return found


@pytest.fixture
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = program("google-chrome", "chromium-browser", "chromium")
    # In a container the sandbox is not permitted, and there is little shared memory.
    for argument in "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,900":
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(program("chromedriver"))) as driver:
        yield driver


def find(browser, selector, text=""):
    """Waits for the element with the text."""
    return WebDriverWait(browser, 30, ignored_exceptions=[StaleElementReferenceException]).until(
        lambda _: next((e for e in browser.find_elements(By.CSS_SELECTOR, selector) if text in e.text), None),
        f"{selector} with the text {text!r}")


def origins(browser):
    """The hosts of all requests since the last call of this function."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [urlsplit(m["params"]["request"]["url"]) for m in messages if m["method"] == "Network.requestWillBeSent"]
    return {f"{url.scheme}://{url.netloc}" for url in urls if url.scheme != "data"}


def test_the_page_calls_only_the_api(local_api, browser):
    api = local_api.url
    browser.get(api)
    find(browser, "button", "Try it out").click()
    assert browser.current_url == f"{api}/docs/"
    assert browser.get_log("browser") == []

    execute = find(browser, "button", "Execute")
    status = ".live-responses-table .response-col_status"
    execute.click()
    find(browser, status, "201")
    assert browser.get_log("browser") == []
    execute.click()
    find(browser, status, "409")
    assert origins(browser) == {api}
