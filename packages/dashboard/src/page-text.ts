// The texts of the page. The build and the tests replace this module by the bundle of `page/` (bundled-page.ts).

export declare const script: string;
export declare const styles: string;
