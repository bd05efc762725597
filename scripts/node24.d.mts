export declare const GET_NODE24: string;
export declare function findNode24(): string | undefined;
