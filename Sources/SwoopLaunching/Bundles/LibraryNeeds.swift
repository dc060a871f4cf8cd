// Which libraries of a process are there for whom: the loader's names and what each needs. Pure.

/// Images of a process, the program first, and what each needs.
package struct LibraryNeeds {
    private let paths: [String]
    private let needs: [String: [String]]

    /// - Parameters:
    ///   - paths: of the images; the program's is empty.
    ///   - needs: names of libraries, by the path of the image that needs them.
    package init(paths: [String], needs: [String: [String]]) {
        self.paths = paths
        self.needs = needs
    }

    /// Images that nobody would have without these libraries: neither the program, nor what was
    /// loaded besides, nor anything that those need.
    package func reached(onlyFrom libraries: Set<String>) -> Set<String> {
        let byProgram = reached(from: [""])
        let later = reached(from: paths.filter { libraries.contains(lastComponent(of: $0)) })
        let others = reached(from: paths.filter { !later.contains($0) })
        return later.subtracting(byProgram).subtracting(others)
    }

    private func reached(from roots: [String]) -> Set<String> {
        let places = Dictionary(paths.map { (lastComponent(of: $0), $0) }) { first, _ in first }
        var found: Set<String> = []
        var next = roots
        while let path = next.popLast() {
            guard found.insert(path).inserted else { continue }
            next += (needs[path] ?? []).compactMap { places[lastComponent(of: $0)] }
        }
        return found
    }
}
