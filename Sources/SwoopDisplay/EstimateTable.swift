// An estimate as a small table.

package import SwoopModel

extension ShownTable {
    /// The numbers of an estimate, each with its range.
    package init(_ estimate: Estimate) {
        let least = estimate.unknownFunctions.isEmpty ? "" : "at least "
        var rows: [[String]] = []
        func add(_ name: String, _ range: EstimateRange, _ format: (Double) -> String) {
            rows.append([
                name, least + format(range.median),
                "\(format(range.low)) … \(format(range.high))",
            ])
        }
        if let work = estimate.coreSeconds {
            add("core time", work, Quantity.time)
        }
        for cores in estimate.wall.keys.sorted() {
            guard let range = estimate.wall[cores] else { continue }
            add("wall, \(cores) core\(cores == 1 ? "" : "s")", range, Quantity.time)
        }
        if let useful = estimate.usefulCores { add("useful cores", useful, Quantity.whole) }
        let tasks = Quantity.count(estimate.tasks, "task")
        var remark = ""
        if !estimate.unknownFunctions.isEmpty {
            let names = estimate.unknownFunctions.prefix(8).joined(separator: ", ")
            let more = estimate.unknownFunctions.count - 8
            remark =
                "Never ran: \(names)\(more > 0 ? " and \(more) more" : ""). Run the plan, or a "
                + "small part of it: what runs is real work, and is learned from."
        }
        self.init(
            title: "Estimate of \(tasks): \(estimate.evidence)",
            columns: ["", "median", "90 % range"], numeric: [false, true, true], rows: rows,
            remark: remark)
    }
}
