/** Numbers and times as Go writes them: SOPS authenticates that text, whatever spelling the file has. */

/** `strconv.FormatFloat(x, 'f', -1, 64)`: shortest digits that read back the same, never an exponent. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [digits = "", exponent] = String(Math.abs(value)).split("e");
  const sign = value < 0 ? "-" : "";
  return exponent === undefined ? sign + digits : sign + shift(digits, Number(exponent));
}

/** Moves the decimal point of `1.25` by some places. */
function shift(digits: string, places: number): string {
  const [whole = "", fraction = ""] = digits.split(".");
  const all = whole + fraction;
  const point = whole.length + places;
  if (point <= 0) return `0.${"0".repeat(-point)}${all}`;
  if (point >= all.length) return all + "0".repeat(point - all.length);
  return `${all.slice(0, point)}.${all.slice(point)}`;
}

/**
 * An integer as Go's `ParseInt(text, 0, …)` reads it: `0x1F`, `0b11`, `0o17`, and `017` is octal too. Undefined if the
 * text is none. Of any size: whether it fits is up to the caller.
 */
export function integerOf(text: string): bigint | undefined {
  const match = INTEGER.exec(text)?.groups;
  if (match === undefined) return undefined;
  const { hex, two, eight, ten } = match;
  const size = BigInt(ten ?? (hex === undefined ? (two === undefined ? `0o${eight}` : `0b${two}`) : `0x${hex}`));
  return match.sign === "-" ? -size : size;
}

const INTEGER =
  /^(?<sign>[+-]?)(?:0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<two>[01]+)|0[oO]?(?<eight>[0-7]+)|(?<ten>0|[1-9]\d*))$/u;

const TIME =
  /^(?<year>\d{4})-(?<month>\d\d?)-(?<day>\d\d?)(?:[Tt](?<h>\d\d?):(?<m>\d\d?):(?<s>\d\d?)(?:[.,](?<f>\d+))?(?<zone>Z|[+-]\d\d:\d\d)| (?<h2>\d\d?):(?<m2>\d\d?):(?<s2>\d\d?)(?:[.,](?<f2>\d+))?)?$/u;

function padded(part: string | undefined): string {
  return (part ?? "0").padStart(2, "0");
}

/** RFC 3339 text of a YAML timestamp in the forms that Go's yaml.v3 takes for one; undefined for everything else. */
export function timeText(text: string): string | undefined {
  const found = TIME.exec(text)?.groups;
  if (found === undefined) return undefined;
  const date = `${found.year}-${padded(found.month)}-${padded(found.day)}`;
  const clock = [found.h ?? found.h2, found.m ?? found.m2, found.s ?? found.s2].map(padded).join(":");
  const instant = new Date(`${date}T${clock}Z`);
  if (Number.isNaN(instant.getTime()) || !instant.toISOString().startsWith(`${date}T${clock}`)) return undefined;
  const fraction = (found.f ?? found.f2 ?? "").slice(0, 9).replace(/0+$/u, "");
  const zone = found.zone === undefined || /^[+-]00:00$/u.test(found.zone) ? "Z" : found.zone;
  return `${date}T${clock}${fraction === "" ? "" : `.${fraction}`}${zone}`;
}
