/** Shamir's secret sharing over GF(2^8), as Vault and SOPS use it: a share is `y` of every byte, then one byte `x`. */

/** The secret behind the shares (at least as many as its threshold). Undefined if they do not belong together. */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array | undefined {
  const length = shares[0]?.length ?? 0;
  const points = shares.map((share) => share[length - 1] ?? 0);
  if (length < 2 || shares.some((share) => share.length !== length)) return undefined;
  if (new Set(points).size !== points.length || points.includes(0)) return undefined;
  return Uint8Array.from({ length: length - 1 }, (_, index) =>
    atZero(
      points,
      shares.map((share) => share[index] ?? 0),
    ),
  );
}

/** Lagrange interpolation: the value at 0 of the polynomial through the points. */
function atZero(xs: readonly number[], ys: readonly number[]): number {
  let sum = 0;
  for (const [i, xi] of xs.entries()) {
    let basis = 1;
    for (const [j, xj] of xs.entries()) if (i !== j) basis = multiply(basis, multiply(xj, inverse(xi ^ xj)));
    sum ^= multiply(ys[i] ?? 0, basis);
  }
  return sum;
}

/** Product in the field of AES (polynomial 0x11b). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a << bit;
  }
  for (let bit = 14; bit >= 8; bit--) {
    if ((product >> bit) & 1) product ^= 0x11b << (bit - 8);
  }
  return product;
}

/** `a` to the power of 254. */
function inverse(a: number): number {
  let result = 1;
  for (let power = 0; power < 254; power++) result = multiply(result, a);
  return result;
}

/** One share for each of `count` holders, of which any `threshold` give the secret back. `random` gives fresh bytes. */
export function splitShares(
  secret: Uint8Array,
  count: number,
  threshold: number,
  random: (count: number) => Uint8Array,
): Uint8Array[] {
  const coefficients = Array.from({ length: threshold - 1 }, () => random(secret.length));
  return Array.from({ length: count }, (_, holder) => {
    const x = holder + 1;
    const share = Uint8Array.from({ length: secret.length + 1 }, (__, index) => {
      if (index === secret.length) return x;
      // Horner's rule, from the highest power down to the secret itself.
      const high = coefficients.reduceRight((sum, bytes) => multiply(sum, x) ^ (bytes[index] ?? 0), 0);
      return multiply(high, x) ^ (secret[index] ?? 0);
    });
    return share;
  });
}
