/** Texts that are known to be credentials by how they look, whatever their key is called. No guessing by chance. */

export interface Credential {
  /** With its article: `a GitHub token`. */
  readonly what: string;
  /** False where some are made to be public (keys of browsers), or where it may be a password that everybody knows. */
  readonly sure: boolean;
  /** Where it stands in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/**
 * The shapes that their makers document. Every pattern is linear: it starts at a fixed text, at the beginning of a word,
 * and repeats one set of characters that the next part is not in.
 */
const KINDS: readonly { readonly what: string; readonly pattern: RegExp; readonly sure: boolean }[] = [
  { what: "a private key", pattern: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----/u, sure: true },
  // The keys of AWS's own documents end with EXAMPLE.
  {
    what: "an AWS access key",
    pattern: /(?<![A-Za-z0-9])A[KS]IA(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])/u,
    sure: true,
  },
  { what: "a GitHub token", pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40})/u, sure: true },
  { what: "a GitLab token", pattern: /(?<![A-Za-z0-9])glpat-[\w-]{20}/u, sure: true },
  { what: "a Slack token", pattern: /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{20}/u, sure: true },
  { what: "a Slack webhook", pattern: /hooks\.slack\.com\/services\/T\w{6,20}\/B\w{6,20}\/\w{16}/u, sure: true },
  { what: "a Stripe key", pattern: /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16}/u, sure: true },
  { what: "a SendGrid key", pattern: /(?<![A-Za-z0-9])SG\.[\w-]{22}\.[\w-]{43}/u, sure: true },
  { what: "an npm token", pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/u, sure: true },
  { what: "a PyPI token", pattern: /(?<![A-Za-z0-9])pypi-AgEI[\w-]{40}/u, sure: true },
  { what: "an age key", pattern: /(?<![A-Za-z0-9])AGE-SECRET-KEY-1[0-9A-Z]{58}/u, sure: true },
  { what: "an Azure key", pattern: /(?<![A-Za-z0-9])(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40}/u, sure: true },
  { what: "a Google API key", pattern: /(?<![A-Za-z0-9])AIza[\w-]{35}(?![\w-])/u, sure: false },
  { what: "a JSON web token", pattern: /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8}/u, sure: false },
];
/** User and password in front of a host (RFC 3986, 3.2.1). In a well-formed URL none of these characters is in either. */
const LOGIN = /:\/\/[^\s/?#@:"'<>[\]]*:([^\s/?#@"'<>]+)@(\[[^\]\s]{0,45}\]|[^\s/?#:,"'<>]*)/gu;
/** What people write for a password that is filled in later: `${NAME}`, `$NAME`, `{name}`, `%s`, `***`, `xxx`. */
const BLANK = /^(?:\$?\{.*\}|\$\w+|%\w|[*•.…]+|x{3,})$/iu;
const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|host\.docker\.internal|\[::1\])$/iu;

/** What any of them has in it: most texts are done with after this. */
const HINT =
  /PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|hooks\.slack|k_live_|SG\.|npm_|pypi-|AGE-S|Key=|AIza|\.eyJ|:\/\//u;

/** The first credential in a text; undefined if there is none. Takes time in proportion to the text's length. */
export function credentialIn(text: string): Credential | undefined {
  if (text.length < 8 || !HINT.test(text)) return undefined;
  for (const { what, pattern, sure } of KINDS) {
    const found = pattern.exec(text);
    if (found !== null) return { what, sure, start: found.index, end: found.index + found[0].length };
  }
  for (const found of text.matchAll(LOGIN)) {
    const [all, password = "", host = ""] = found;
    if (BLANK.test(password)) continue;
    const start = found.index + all.length - host.length - 1 - password.length;
    return { what: "a password in a URL", sure: !THIS_MACHINE.test(host), start, end: start + password.length };
  }
  return undefined;
}
