// The picture that `swoop top` draws: a reading, a width and a height become lines. Cells become
// narrower, and in the end one character for each core, before anything is left out. Pure.

import SwoopModel

/// How a reading looks at a screen.
package struct TopScreen: Sendable {
    /// How wide the cells of cores are.
    private enum Form: Equatable {
        /// Function and time, so many cells side by side.
        case cells(columns: Int)
        /// One character for each core.
        case marks
    }

    /// A cell with less is no longer read.
    private static let cellMin = 26
    /// A cell with only the function's name.
    private static let nameCellMin = 12
    private static let cellMax = 64
    private static let gap = 2
    private static let indent = 2

    private let reading: ClusterReading
    private let width: Int
    private let height: Int?

    /// The lines of a screen: none wider than `width`, at most `height` (nil: as many as it takes,
    /// and nothing about keys).
    ///
    /// - Parameter note: a sentence for the last line.
    package static func lines(
        of reading: ClusterReading, width: Int, height: Int?, note: String = ""
    ) -> [StyledText] {
        let screen = TopScreen(reading: reading, width: max(1, width), height: height)
        return screen.lines(note: note)
    }

    private init(reading: ClusterReading, width: Int, height: Int?) {
        self.reading = reading
        self.width = width
        self.height = height
    }

    private func lines(note: String) -> [StyledText] {
        let form = form()
        var body: [StyledText] = []
        for node in reading.nodes {
            body.append(line(of: node))
            body += form == .marks ? marks(of: node) : cells(of: node, form)
        }
        if reading.nodes.isEmpty {
            body = [StyledText("No node has joined yet.", .faint)]
        }
        let room = height.map { max(1, $0 - 1) }
        let isTight = room.map { body.count + 2 > $0 } ?? false
        var lines = isTight ? [header] + body : [header, StyledText()] + body
        if let height, let room {
            let isCut = lines.count > room
            if isCut { lines.removeLast(lines.count - room) }
            while lines.count < room { lines.append(StyledText()) }
            if height > 1 { lines.append(footer(form, isCut: isCut, note: note)) }
        }
        return lines.map { $0.cut(to: width) }
    }

    // MARK: Lines

    private var header: StyledText {
        var line = StyledText(TextWidth.cut(reading.cluster, to: max(12, width / 3)), .strong)
        let busy = reading.busyCores
        line.add("  ")
        line.add(
            "\(busy) of \(Quantities.count(reading.cores, "core")) busy",
            busy > 0 ? .busy : .plain)
        let unknown = reading.nodes.reduce(0) { $0 + ($1.isSilent ? $1.cores.count : 0) }
        if unknown > 0 { line.add(", \(unknown) not known", .warning) }
        let tasks = reading.tasks
        line.add("  tasks: \(tasks.done) done, ")
        line.add("\(tasks.failed) failed", tasks.failed > 0 ? .warning : .plain)
        line.add(", \(tasks.running) running, \(tasks.total) in all")
        return line
    }

    private func line(of node: NodeReading) -> StyledText {
        let name = TextWidth.cut(node.name, to: max(8, width / 3))
        guard !node.isSilent else {
            let age = Quantities.age(node.ageNanoseconds)
            let cores = Quantities.count(node.cores.count, "core")
            return StyledText(
                "\(name)  silent for \(age): what its \(cores) do is not known", .faint)
        }
        var line = StyledText(name, .strong)
        line.add("  \(node.busyCores) of \(node.cores.count) busy")
        line.add("  cpu \(node.cpuPercent.map { "\($0) %" } ?? "–")")
        let budget = Quantities.bytes(node.pageBudget)
        line.add("  pages \(Quantities.bytes(node.residentBytes)) of \(budget)")
        line.add("  \(Quantities.age(node.ageNanoseconds)) ago", .faint)
        return line
    }

    private func footer(_ form: Form, isCut: Bool, note: String) -> StyledText {
        var line = StyledText()
        if isCut { line.add("more nodes than fit: a taller window shows them  ", .warning) }
        if form == .marks { line.add("■ busy · idle ? not known  ", .faint) }
        line.add("q quits", .faint)
        if !note.isEmpty { line.add("  \(note)", .faint) }
        return line
    }

    // MARK: Cores

    /// The first form that fits: few columns before many, names and times before names, names
    /// before marks.
    private func form() -> Form {
        let usable = width - Self.indent
        func columns(of cell: Int) -> Int { (usable + Self.gap) / (cell + Self.gap) }
        let room = height.map { max(1, $0 - 2) } ?? .max
        for count in 1...max(1, columns(of: Self.nameCellMin)) {
            let rows = reading.nodes.reduce(0) { $0 + 1 + Self.rows($1.cores.count, count) }
            if rows <= room { return .cells(columns: count) }
        }
        return .marks
    }

    private static func rows(_ cells: Int, _ columns: Int) -> Int {
        (cells + columns - 1) / columns
    }

    /// Cells run down the columns, as a list is read.
    private func cells(of node: NodeReading, _ form: Form) -> [StyledText] {
        guard case .cells(let columns) = form else { return [] }
        let rows = Self.rows(node.cores.count, columns)
        let usable = width - Self.indent - Self.gap * (columns - 1)
        let cellWidth = min(Self.cellMax, max(1, usable / columns))
        let digits = String(max(0, node.cores.count - 1)).count
        return (0..<rows).map { row in
            var line = StyledText()
            for column in 0..<columns {
                let index = column * rows + row
                guard index < node.cores.count else { break }
                line.pad(to: Self.indent + column * (cellWidth + Self.gap))
                line.add(cell(node.cores[index], index, digits: digits, width: cellWidth))
            }
            return line
        }
    }

    private func cell(
        _ core: CoreReading, _ index: Int, digits: Int, width: Int
    ) -> StyledText {
        let number = String(index)
        let isWide = width >= Self.cellMin
        var cell = StyledText(
            String(repeating: " ", count: max(0, digits - number.count)) + number + " ", .faint)
        if isWide {
            let load = core.loadPercent.map { "\($0)%" } ?? ""
            cell.add(String(repeating: " ", count: max(0, 4 - load.count)) + load + " ", .faint)
        }
        switch core.activity {
        case .idle: cell.add("idle", .faint)
        case .unknown: cell.add("?", .faint)
        case .busy(let function, let elapsed):
            let time = isWide ? Quantities.time(elapsed) : ""
            let room = width - cell.width - (isWide ? max(7, time.count) + 1 : 0)
            cell.add(TextWidth.cut(PrintableText.line(function), to: room), .busy)
            if isWide {
                cell.pad(to: width - time.count)
                cell.add(time)
            }
        }
        return cell.cut(to: width)
    }

    private func marks(of node: NodeReading) -> [StyledText] {
        let usable = max(1, width - Self.indent)
        return stride(from: 0, to: node.cores.count, by: usable).map { start in
            var line = StyledText(String(repeating: " ", count: Self.indent))
            for core in node.cores[start..<min(start + usable, node.cores.count)] {
                switch core.activity {
                case .busy: line.add("■", .busy)
                case .idle: line.add("·", .faint)
                case .unknown: line.add("?", .faint)
                }
            }
            return line
        }
    }
}
