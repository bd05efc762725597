/** What is said about one code. */
export interface Why {
  /** One or two lines. */
  readonly means: readonly string[];
  /** Separated by semicolons. */
  readonly causes: string;
  readonly proceed: string;
  /** One line each, as typed. */
  readonly before?: string;
  readonly after?: string;
}
