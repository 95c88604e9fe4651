export interface Token {
    type: string;
    raw: string;
    [more: string]: any;
}
export class Lexer {
    constructor(options: { gfm: boolean });
    lex(text: string): Token[];
}
