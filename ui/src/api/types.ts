/** Answers of the query API as JSON; 64-bit numbers are strings there, and what is zero or empty may be absent. */

export interface LabelPair {
    name: string;
    value: string;
}

export interface SeriesAnswer {
    labelsSet?: { labels?: LabelPair[] }[];
}

export interface NamesAnswer {
    names?: string[];
}

export interface TimeSeries {
    labels?: LabelPair[];
    points?: { value?: number; timestamp?: string }[];
}

export interface SelectSeriesAnswer {
    series?: TimeSeries[];
}
