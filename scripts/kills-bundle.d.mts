export function buildKills(): Promise<{ readonly child: string; readonly preload: string; readonly many: string }>;
export function buildChaos(): Promise<string>;
