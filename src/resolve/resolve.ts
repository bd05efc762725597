/** Which units exist, and what their layers add up to. Templates stay as they are. */
import { placeMatcher } from "../address.ts";
import type { App, Layer, LayerName, Place, PlainMap, ResolvedUnit } from "../model.ts";
import { mergeLayers } from "./merge.ts";

/** Places where an app exists, in promotion order. */
export function placesOf(app: App, places: readonly Place[]): readonly Place[] {
  if (app.places === undefined) return places;
  const matchers = app.places.map(placeMatcher);
  return places.filter((place) => matchers.some((matches) => matches(place)));
}

/** The layers that apply in a place, lowest first. The file name is the precedence. */
export function layersFor(layers: ReadonlyMap<LayerName, Layer>, place: Place): readonly Layer[] {
  return ["base", place.env, place.id].flatMap((name, index, names) =>
    names.indexOf(name) === index ? (layers.get(name) ?? []) : [],
  );
}

/** Merges the layers of one place at a time; places with the same layers share one result. */
export function merger(
  layers: ReadonlyMap<LayerName, Layer>,
): (place: Place) => { layers: readonly Layer[]; values: PlainMap } {
  const known = new Map<string, { layers: readonly Layer[]; values: PlainMap }>();
  return (place) => {
    const chosen = layersFor(layers, place);
    const id = chosen.map((layer) => layer.name).join(" ");
    const result = known.get(id) ?? { layers: chosen, values: mergeLayers(chosen) };
    known.set(id, result);
    return result;
  };
}

/** All units of one app, in promotion order. */
export function resolve(app: App, places: readonly Place[]): readonly ResolvedUnit[] {
  const merged = merger(app.layers);
  return placesOf(app, places).map((place) => ({ id: `${app.name}@${place.id}`, app, place, ...merged(place) }));
}
