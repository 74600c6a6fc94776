import { describe, expect, test } from "vitest";
import { parseServerUrl } from "../../../../runner/remote/server-url.js";

test.each([
  ["http://localhost:8888", "http://localhost:8888/"],
  ["http://localhost:8888/", "http://localhost:8888/"],
  ["http://localhost:8888/lab", "http://localhost:8888/"],
  ["http://localhost:8888/lab/tree/a.ipynb", "http://localhost:8888/"],
  ["https://example.org/jupyter/user/you/lab?reset", "https://example.org/jupyter/user/you/"],
  ["https://example.org/hub/user/you/", "https://example.org/hub/user/you/"],
  ["https://example.org/gateway", "https://example.org/gateway/"],
])("%s is the server %s", (given, expected) => {
  expect(parseServerUrl(given)).toBe(expected);
});

describe("an address that is refused", () => {
  test.each([
    ["localhost", /must be an address such as http:\/\/localhost:8888\/, got "localhost"/],
    ["ftp://example.org/", /must begin with http:\/\/ or https:\/\/, got "ftp:\/\/example.org\/"/],
    ["http://localhost:8888/?token=sesame", /must not hold a token/],
    ["http://you:sesame@localhost:8888/", /must not hold a token/],
    ["ftp://you:sesame@example.org/?token=sesame", /must begin with/],
    ["//you:sesame@example.org?sesame", /must be an address/],
  ])("%s, and no secret is repeated", (given, message) => {
    expect(() => parseServerUrl(given)).toThrow(message);
    expect(() => parseServerUrl(given)).not.toThrow(/sesame/);
  });
});
