// A plan as a person can look at it: its tasks by function, in words, as Graphviz's DOT and as SVG.
// Of few tasks each is drawn, of many each function once with their number.

import SwoopModel

/// How a plan is drawn.
public enum GraphFormat: Sendable {
    /// The language of Graphviz: `dot -Tpng plan.dot`.
    case dot
    /// A picture that a browser shows.
    case svg
}

/// The boxes and lines of a plan.
struct PlanDrawing {
    /// Tasks of one function, or one of them.
    struct Box: Equatable {
        var name: String
        var count: Int
        /// How many others it comes after.
        var depth = 0
    }

    private(set) var boxes: [Box] = []
    /// From the box that makes something to the one that reads it; each pair once, in order.
    private(set) var lines: [(from: Int, to: Int)] = []
    let taskCount: Int
    let dataCount: Int
    let dataByteCount: Int

    /// More tasks than this are drawn by function.
    private static let singleMax = 60

    init(_ graph: GraphPart) {
        let template = graph.iterations.flatMap(\.template)
        let tasks = Array(graph.tasks) + template
        taskCount = tasks.count
        dataCount = graph.data.count
        dataByteCount = graph.data.reduce(0) { $0.addingClamped(Int(clamping: $1.byteCount)) }
        let areSingle = tasks.count <= Self.singleMax
        var places: [TaskID: Int] = [:]
        var byName: [String: Int] = [:]
        func box(_ name: String, isOwn: Bool) -> Int {
            if !isOwn, let known = byName[name] {
                boxes[known].count += 1
                return known
            }
            boxes.append(Box(name: name, count: 1))
            byName[name] = boxes.count - 1
            return boxes.count - 1
        }
        if !graph.data.isEmpty {
            let place = box("data", isOwn: true)
            boxes[place].count = graph.data.count
            for item in graph.data { places[item.id] = place }
        }
        for task in tasks {
            let function = Int(task.function.rawValue)
            let name = function < graph.functions.count ? graph.functions[function].name : "?"
            places[task.id] = box(name, isOwn: areSingle)
        }
        for loop in graph.iterations {
            places[loop.id] = box("loop, \(loop.limit) rounds at most", isOwn: true)
        }
        connect(tasks, graph.iterations, places)
        layOut()
    }

    private mutating func connect(
        _ tasks: [TaskSpec], _ loops: [IterationSpec], _ places: [TaskID: Int]
    ) {
        var known: Set<[Int]> = []
        func add(_ from: TaskID, _ to: TaskID) {
            guard let from = places[from], let to = places[to], from != to,
                known.insert([from, to]).inserted
            else { return }
            lines.append((from, to))
        }
        for task in tasks { for input in task.inputs { add(input, task.id) } }
        for loop in loops {
            loop.initial.forEachTask { add($0, loop.id) }
            add(loop.result, loop.id)
        }
    }

    /// Depths: each box below all that it reads; as many rounds as there are boxes at most, since
    /// functions that are drawn once may read one another in a circle.
    private mutating func layOut() {
        for _ in boxes.indices {
            var isSettled = true
            for (from, to) in lines where boxes[to].depth <= boxes[from].depth {
                guard boxes[from].depth + 1 < boxes.count else { continue }
                boxes[to].depth = boxes[from].depth + 1
                isSettled = false
            }
            if isSettled { return }
        }
    }

    // MARK: Words

    /// A line about the whole and one for each function.
    func text(name: String) -> String {
        var lines = ["Plan \(PrintableText.line(name)): \(Quantity.count(taskCount, "task"))"]
        if dataCount > 0 {
            lines[0] +=
                ", \(Quantity.count(dataCount, "piece")) of data (\(ProgressLine.size(UInt64(dataByteCount))))"
        }
        var counts: [(name: String, count: Int)] = []
        for box in boxes where box.name != "data" {
            if let known = counts.firstIndex(where: { $0.name == box.name }) {
                counts[known].count += box.count
            } else {
                counts.append((box.name, box.count))
            }
        }
        for (name, count) in counts.prefix(Self.linesMax) {
            lines.append("  \(count) × \(PrintableText.line(name))")
        }
        if counts.count > Self.linesMax {
            lines.append("  … and \(counts.count - Self.linesMax) other functions")
        }
        return lines.joined(separator: "\n")
    }

    private static let linesMax = 40

    private func label(_ box: Box) -> String {
        box.count == 1 ? box.name : "\(box.name) × \(box.count)"
    }

    // MARK: Pictures

    /// The graph in the language of Graphviz.
    func dot(name: String) -> String {
        func quoted(_ text: String) -> String {
            "\""
                + PrintableText.lines(text).map { character in
                    switch character {
                    case "\\", "\"": "\\\(character)"
                    case "\n", "\r\n", "\r": " "
                    default: String(character)
                    }
                }.joined() + "\""
        }
        var text = ["digraph \(quoted(name)) {", "  node [shape=box, fontname=\"sans-serif\"];"]
        for (place, box) in boxes.enumerated() {
            let shape = box.name == "data" ? ", shape=folder" : ""
            text.append("  n\(place) [label=\(quoted(label(box)))\(shape)];")
        }
        for (from, to) in lines { text.append("  n\(from) -> n\(to);") }
        return (text + ["}", ""]).joined(separator: "\n")
    }

    /// The graph as a picture: what is read stands above what reads it.
    func svg(name: String) -> String {
        let (rowHeight, boxHeight, gap, margin) = (70, 30, 20, 20)
        func width(_ box: Box) -> Int { 20 + 7 * min(60, label(box).count) }
        var spots: [(x: Int, y: Int)] = Array(repeating: (0, 0), count: boxes.count)
        var ends: [Int: Int] = [:]
        for (place, box) in boxes.enumerated() {
            let x = ends[box.depth] ?? margin
            spots[place] = (x, margin + 20 + box.depth * rowHeight)
            ends[box.depth] = x + width(box) + gap
        }
        let across = (ends.values.max() ?? 200) + margin
        let down = 2 * margin + 20 + ((boxes.map(\.depth).max() ?? 0) + 1) * rowHeight
        var text = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(across)\" height=\"\(down)\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<title>\(escaped(name))</title>",
            "<text x=\"\(margin)\" y=\"\(margin)\">\(escaped(name))</text>",
        ]
        for (from, to) in lines {
            let (x1, y1) = (spots[from].x + width(boxes[from]) / 2, spots[from].y + boxHeight)
            let (x2, y2) = (spots[to].x + width(boxes[to]) / 2, spots[to].y)
            text.append(
                "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"#888\"/>")
        }
        for (place, box) in boxes.enumerated() {
            let (x, y) = spots[place]
            text.append(
                "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width(box))\" height=\"\(boxHeight)\" "
                    + "rx=\"4\" fill=\"\(box.name == "data" ? "#eee" : "#def")\" stroke=\"#444\"/>")
            text.append(
                "<text x=\"\(x + 10)\" y=\"\(y + 20)\">\(escaped(String(label(box).prefix(60))))"
                    + "</text>")
        }
        return (text + ["</svg>", ""]).joined(separator: "\n")
    }

    private func escaped(_ text: String) -> String { Markup.text(PrintableText.line(text)) }
}

extension Plan: CustomStringConvertible {
    /// The plan's name, and how many tasks it has of which functions.
    public var description: String {
        wasRun ? "\(drawing.text(name: name)) (was run)" : drawing.text(name: name)
    }

    /// The plan as a drawing: `try plan.graph(as: .svg).write(…)`.
    ///
    /// Of up to 60 tasks each has a box; of more each function has one, with their number. A plan
    /// is drawn before it is run; of one that was run with many tasks nothing is left to draw.
    public func graph(as format: GraphFormat) -> String {
        switch format {
        case .dot: drawing.dot(name: name)
        case .svg: drawing.svg(name: name)
        }
    }
}
