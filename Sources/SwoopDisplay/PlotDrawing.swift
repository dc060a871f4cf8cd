// How a plot looks: SVG of a fixed size, on white, so that it is the same in every theme.

import SwoopModel

extension Plot {
    /// The drawing.
    public var svg: String {
        if case .cells(let rows) = layers.first { return heatDrawing(rows) }
        var frame = PlotFrame(self)
        frame.drawAxes()
        if layers.allSatisfy(\.isEmpty) { frame.drawEmptiness() }
        for (index, layer) in layers.enumerated() { frame.draw(layer, colour: index) }
        frame.drawLegend(layers)
        return frame.finished
    }

    private func heatDrawing(_ rows: [[Double]]) -> String {
        let all = rows.joined().filter(\.isFinite)
        let (low, high) = (all.min() ?? 0, all.max() ?? 1)
        var frame = PlotFrame(self, plain: true)
        let columns = Double(max(1, rows.first?.count ?? 1))
        let width = frame.width / columns
        let height = frame.height / Double(max(1, rows.count))
        for (y, row) in rows.enumerated() {
            for (x, value) in row.enumerated() where value.isFinite {
                let share = high > low ? (value - low) / (high - low) : 0.5
                frame.rectangle(
                    x: Double(x) * width, y: Double(y) * height, width: width + 0.3,
                    height: height + 0.3, fill: ColourScale.colour(share))
            }
        }
        if layers[0].isEmpty { frame.drawEmptiness() }
        frame.drawScale(low: low, high: high)
        return frame.finished
    }
}

/// A drawing on its way.
struct PlotFrame {
    private static let size = (width: 560.0, height: 320.0)
    private static let colours = [
        "#2a6fbb", "#d9622b", "#2a9d5c", "#8a4fbe", "#b8860b", "#c2377a",
    ]

    private let plot: Plot
    private let left = 64.0
    private let top = 30.0
    private let right: Double
    private let bottom = 46.0
    private let xAxis: PlotAxis
    private let yAxis: PlotAxis
    private let labels: [String]
    private var parts: [String] = []

    var width: Double { PlotFrame.size.width - left - right }
    var height: Double { PlotFrame.size.height - top - bottom }

    init(_ plot: Plot, plain: Bool = false) {
        self.plot = plot
        right = plain ? 84 : 18
        var (xs, ys): ([Double], [Double]) = ([], [])
        var labels: [String] = []
        var hasBars = false
        for layer in plot.layers {
            switch layer {
            case .line(let points, _), .points(let points, _):
                xs += points.map(\.x)
                ys += points.map(\.y)
            case .bars(let names, let values):
                labels = names.count > labels.count ? names : labels
                ys += values
                hasBars = true
            case .bins(let low, let high, let counts):
                xs += [low, high]
                ys += counts
                hasBars = true
            case .cells: break
            }
        }
        self.labels = labels
        xAxis = PlotAxis(labels.isEmpty ? xs : [0, Double(labels.count)])
        yAxis = PlotAxis(ys, withZero: hasBars)
        let (all, tall) = (PlotFrame.size.width, PlotFrame.size.height)
        parts.append(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(all))\" "
                + "height=\"\(Int(tall))\" viewBox=\"0 0 \(Int(all)) \(Int(tall))\" "
                + "font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">")
        parts.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>")
        write(plot.title, x: left + width / 2, y: 18, "font-size=\"13\"")
        write(plot.xName, x: left + width / 2, y: tall - 8)
        if !plot.yName.isEmpty {
            let middle = Markup.place(top + height / 2)
            parts.append(
                "<text transform=\"translate(14 \(middle)) rotate(-90)\" "
                    + "text-anchor=\"middle\">\(Markup.text(plot.yName))</text>")
        }
    }

    var finished: String { parts.joined() + "</svg>" }

    // MARK: Pieces

    private func x(_ value: Double) -> Double {
        // Labels have a place each, whatever round numbers there are.
        let share = labels.isEmpty ? xAxis.share(value) : value / Double(labels.count)
        return left + share * width
    }

    private func y(_ value: Double) -> Double { top + (1 - yAxis.share(value)) * height }

    private mutating func write(
        _ text: String, x: Double, y: Double, _ attributes: String = "",
        anchor: String = "middle"
    ) {
        guard !text.isEmpty else { return }
        parts.append(
            "<text x=\"\(Markup.place(x))\" y=\"\(Markup.place(y))\" "
                + "text-anchor=\"\(anchor)\" \(attributes)>\(Markup.text(text))</text>")
    }

    private mutating func stroke(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
        parts.append(
            "<path d=\"M\(Markup.place(x1)) \(Markup.place(y1))L\(Markup.place(x2)) "
                + "\(Markup.place(y2))\" stroke=\"#ddd\"/>")
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: String
    ) {
        parts.append(
            "<rect x=\"\(Markup.place(left + x))\" y=\"\(Markup.place(top + y))\" "
                + "width=\"\(Markup.place(width))\" height=\"\(Markup.place(max(0, height)))\" "
                + "fill=\"\(fill)\"/>")
    }

    /// A frame without anything in it would look like a fault.
    mutating func drawEmptiness() {
        write("no values", x: left + width / 2, y: top + height / 2)
    }

    mutating func drawAxes() {
        for tick in yAxis.ticks {
            stroke(left, y(tick), left + width, y(tick))
            write(yAxis.label(tick), x: left - 6, y: y(tick) + 4, anchor: "end")
        }
        guard labels.isEmpty else { return drawLabels() }
        for tick in xAxis.ticks {
            stroke(x(tick), top, x(tick), top + height)
            write(xAxis.label(tick), x: x(tick), y: top + height + 16)
        }
    }

    private mutating func drawLabels() {
        // As many as can be read, each shortened to its place.
        let step = (labels.count + 23) / 24
        let room = Int(width / Double(labels.count) * Double(step) / 6.2)
        for index in stride(from: 0, to: labels.count, by: step) {
            let label = labels[index]
            let text =
                label.count > max(3, room) ? label.prefix(max(2, room - 1)) + "…" : label
            write(text, x: x(Double(index) + 0.5), y: top + height + 16)
        }
    }

    mutating func draw(_ layer: Plot.Layer, colour index: Int) {
        let colour = PlotFrame.colours[index % PlotFrame.colours.count]
        switch layer {
        case .line(let points, _):
            let path = points.map { "\(Markup.place(x($0.x))) \(Markup.place(y($0.y)))" }
            guard !path.isEmpty else { return }
            parts.append(
                "<path d=\"M\(path.joined(separator: "L"))\" fill=\"none\" "
                    + "stroke=\"\(colour)\" stroke-width=\"1.8\"/>")
        case .points(let points, _):
            for point in points {
                parts.append(
                    "<circle cx=\"\(Markup.place(x(point.x)))\" "
                        + "cy=\"\(Markup.place(y(point.y)))\" r=\"2.2\" fill=\"\(colour)\" "
                        + "fill-opacity=\"0.6\"/>")
            }
        case .bars(_, let values):
            let width = width / Double(max(1, labels.count))
            for (place, value) in values.enumerated() where value.isFinite {
                bar(from: Double(place) * width + width * 0.1, width: width * 0.8, value, colour)
            }
        case .bins(let low, let high, let counts):
            let width = (high - low) / Double(max(1, counts.count))
            for (place, count) in counts.enumerated() where count.isFinite {
                let start = x(low + Double(place) * width) - left
                let end = x(low + Double(place + 1) * width) - left
                bar(from: start, width: max(0.5, end - start - 0.6), count, colour)
            }
        case .cells: break
        }
    }

    private mutating func bar(from start: Double, width: Double, _ value: Double, _ colour: String)
    {
        let (zero, end) = (y(0) - top, y(value) - top)
        rectangle(
            x: start, y: min(zero, end), width: width, height: abs(zero - end), fill: colour)
    }

    mutating func drawLegend(_ layers: [Plot.Layer]) {
        var row = 0.0
        for (index, layer) in layers.enumerated() {
            let name: String
            switch layer {
            case .line(_, let given), .points(_, let given): name = given
            default: name = ""
            }
            guard !name.isEmpty else { continue }
            let colour = PlotFrame.colours[index % PlotFrame.colours.count]
            rectangle(x: width - 12, y: 6 + row * 16, width: 10, height: 10, fill: colour)
            write(name, x: left + width - 18, y: top + 15 + row * 16, anchor: "end")
            row += 1
        }
    }

    mutating func drawScale(low: Double, high: Double) {
        let steps = 32
        for step in 0..<steps {
            let share = 1 - Double(step) / Double(steps - 1)
            rectangle(
                x: width + 14, y: Double(step) * height / Double(steps), width: 14,
                height: height / Double(steps) + 0.5, fill: ColourScale.colour(share))
        }
        let axis = PlotAxis([low, high])
        write(axis.label(high), x: left + width + 32, y: top + 9, anchor: "start")
        write(axis.label(low), x: left + width + 32, y: top + height, anchor: "start")
    }
}
