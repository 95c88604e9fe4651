export const languages: Record<string, any>;
export function tokenize(text: string, grammar: any): any[];
