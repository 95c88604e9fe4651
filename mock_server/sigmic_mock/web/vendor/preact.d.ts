// What the pages use of it. htm's templates are not checked: components take one typed object.
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function h(type: unknown, props: unknown, ...children: unknown[]): any;
export function render(node: unknown, parent: Element | ShadowRoot): void;
export const Fragment: unknown;
export interface Context<T> {
    Provider: unknown;
    readonly default?: T;
}
export function createContext<T>(value: T): Context<T>;
export function useState<T>(value: T | (() => T)): [T, (value: T | ((now: T) => T)) => void];
export function useRef<T>(value: T): { current: T };
export function useMemo<T>(make: () => T, inputs: unknown[]): T;
export function useCallback<T>(call: T, inputs: unknown[]): T;
export function useContext<T>(context: Context<T>): T;
export function useEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export interface Signal<T> {
    value: T;
}
export function signal<T>(value: T): Signal<T>;
export function computed<T>(make: () => T): { readonly value: T };
export function effect(run: () => void | (() => void)): () => void;
export function batch<T>(run: () => T): T;
