// Packages that cells ask for: built one after the other, loaded, and from then on there for all
// cells.

import SwoopModel

extension KernelMachine {
    static func directives(of code: String) -> (CellDirectives, CellDirectives.Problem?) {
        do throws(CellDirectives.Problem) {
            return (try CellDirectives(code), nil)
        } catch {
            return (CellDirectives.none, error)
        }
    }

    /// The name of what is shown of a cell's package.
    private func shownName(_ cell: Current) -> String {
        "swoop-package-\(cell.cell)-\(cell.packagesDone)"
    }

    mutating func beginPackage(into effects: inout [KernelEffect]) {
        guard let cellNow = current else { return }
        let wish = cellNow.directives.packages[cellNow.packagesDone].wish
        current?.phase = .packing
        if let known = packages.first(where: { $0.wish == wish }) {
            show(
                "\(known.text) (it is here; a restart of the kernel takes it anew)", into: &effects)
            return endPackage(into: &effects)
        }
        if let other = packages.first(where: { $0.wish.name == wish.name }) {
            let version = other.wish.version == wish.version ? "place" : "version"
            return failPackage(
                "the package \(wish.name) is here from another \(version): restart the kernel to "
                    + "take this one", "", into: &effects)
        }
        show("package \(wish.name): its build begins", into: &effects)
        effects.append(.build(cell: cellNow.cell, wish))
    }

    private mutating func show(_ text: String, into effects: inout [KernelEffect]) {
        guard let cellNow = current, !cellNow.isSilent else { return }
        display(["text/plain": .text(text)], shownName(cellNow), isUpdate: false, into: &effects)
    }

    mutating func progressed(_ cell: Int, _ text: String, into effects: inout [KernelEffect]) {
        guard let cellNow = current, cellNow.cell == cell, cellNow.phase == .packing else { return }
        let name = cellNow.directives.packages[cellNow.packagesDone].wish.name
        show("package \(name): \(text)", into: &effects)
    }

    mutating func built(
        _ cell: Int, _ package: BuiltPackage?, _ messages: String,
        into effects: inout [KernelEffect]
    ) {
        guard let cellNow = current, cellNow.cell == cell, cellNow.phase == .packing else { return }
        let name = cellNow.directives.packages[cellNow.packagesDone].wish.name
        guard let package else {
            return failPackage(
                "the package \(name) could not be had or built", messages, into: &effects)
        }
        packages.append(package)
        show(package.text, into: &effects)
        current?.phase = .loading(library: package.library)
        // An evaluator that is not there yet loads all of them first.
        if isEvaluatorReady { effects.append(.order(.load(library: package.library))) }
    }

    mutating func loaded(_ library: String, _ problem: String?, into effects: inout [KernelEffect])
    {
        guard let cellNow = current, cellNow.phase == .loading(library: library) else { return }
        guard let problem else { return endPackage(into: &effects) }
        packages.removeAll { $0.library == library }
        failPackage("the package's library cannot be loaded: \(problem)", "", into: &effects)
    }

    private mutating func endPackage(into effects: inout [KernelEffect]) {
        current?.packagesDone += 1
        goOn(into: &effects)
    }

    /// Says at the directive what went wrong, and beneath it what SwiftPM said.
    private mutating func failPackage(
        _ words: String, _ messages: String, into effects: inout [KernelEffect]
    ) {
        guard let cellNow = current else { return }
        let asked = cellNow.directives.packages[cellNow.packagesDone]
        let problem = CellDirectives.Problem(line: asked.line, text: asked.text, words: words)
        let file = CellSource.file(count: cellNow.count)
        var traceback = problem.said(of: file)
        var messages = messages[...]
        while messages.last?.isWhitespace == true { messages.removeLast() }
        if !messages.isEmpty { traceback += "\n\(messages)" }
        fail("PackageError", words, traceback: traceback, into: &effects)
    }
}
