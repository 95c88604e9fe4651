// One file, so that components and signals share one Preact.
import htm from "htm";
import { h } from "preact";

export { computed, effect, signal, batch } from "@preact/signals";
export { h, render, Fragment, createContext } from "preact";
export { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export const html = htm.bind(h);
