export function createParser(callbacks: {
    onEvent?: (event: { event?: string; data: string; id?: string }) => void;
    onComment?: (comment: string) => void;
}): { feed(text: string): void; reset(): void };
