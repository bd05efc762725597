/**
 * The formats trueup checks. All are those of `ajv-formats` (full mode) but `url`, whose pattern is quadratic: 1.2 s
 * on 50,000 characters (ajv-formats 3.0.1, seen 2026-11). `test/attacks/schema.test.ts` times the rest.
 */
export const FORMATS = [
  "date",
  "time",
  "date-time",
  "iso-time",
  "iso-date-time",
  "duration",
  "uri",
  "uri-reference",
  "uri-template",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "regex",
  "uuid",
  "json-pointer",
  "json-pointer-uri-fragment",
  "relative-json-pointer",
  "byte",
  "int32",
  "int64",
  "float",
  "double",
  "password",
  "binary",
] as const;

/** What a format is called in a sentence: `must be a host name`. */
export const FORMAT_WORDS: Readonly<Record<string, string>> = {
  date: "a date such as 2026-11-21",
  time: "a time with offset such as 12:30:00Z",
  "date-time": "a date and time with offset such as 2026-11-21T12:30:00Z",
  "iso-time": "a time such as 12:30:00",
  "iso-date-time": "a date and time such as 2026-11-21T12:30:00",
  duration: "an ISO 8601 duration such as PT30S",
  uri: "a URI with a scheme, such as https://example.com/",
  "uri-reference": "a URI or a path",
  "uri-template": "a URI template",
  email: "an e-mail address",
  hostname: "a host name",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  regex: "a regular expression",
  uuid: "a UUID",
  "json-pointer": "a JSON pointer",
  byte: "base64 text",
  int32: "an integer of 32 bits",
  int64: "an integer of 64 bits",
};
