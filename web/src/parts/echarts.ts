// Only what our charts use of ECharts.

import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { Bars } from "./chart";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const TONES = ["brand", "bad", "warn", "good", "soft"];
const SIZE = 12;

export function begin(place: HTMLElement, color: (name: string) => string, picked: (index: number) => void) {
  const chart = init(place);
  const watch = new ResizeObserver(() => chart.resize());
  watch.observe(place);
  chart.on("click", ({ dataIndex }) => picked(Number(dataIndex)));
  const axis = { axisLine: { lineStyle: { color: color("line") } }, axisTick: { show: false }, axisLabel: { color: color("soft"), fontSize: SIZE }, splitLine: { lineStyle: { color: color("line") } } };

  function draw({ names, series, unit = "", stacked = false }: Bars): void {
    chart.setOption(
      {
        animationDuration: 200,
        textStyle: { fontFamily: color("font"), color: color("ink") },
        grid: { left: 8, right: 8, top: series.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
        legend: { show: series.length > 1, top: 0, left: 0, itemWidth: SIZE, itemHeight: SIZE, textStyle: { color: color("soft") } },
        tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, backgroundColor: color("paper"), textStyle: { color: color("ink"), fontSize: SIZE }, valueFormatter: (value: unknown) => `${String(value)} ${unit}` },
        xAxis: { type: "category", data: names, ...axis },
        yAxis: { type: "value", minInterval: 1, ...axis },
        series: series.map(({ name, values, tone }, n) => ({
          type: "bar",
          name,
          data: values,
          barMaxWidth: 34,
          ...(stacked ? { stack: "all" } : {}),
          itemStyle: { color: color(tone ?? TONES[n % TONES.length]!), opacity: 0.8, borderRadius: stacked ? 0 : 2 },
        })),
      },
      true,
    );
  }

  return {
    draw,
    dispose: () => {
      watch.disconnect();
      chart.dispose();
    },
  };
}
