// Which libraries of a process are there for whom: the loader's names and what each needs. Pure.

/// Images of a process, the program first, and what each needs.
package struct LibraryNeeds {
    /// One library by its name, and another one that it names.
    package struct Need: Equatable, Sendable {
        let user: String
        let library: String

        /// - Parameters:
        ///   - user: that needs the other.
        ///   - library: that is needed.
        package init(of user: String, library: String) {
            self.user = user
            self.library = library
        }
    }

    private let paths: [String]
    private let needs: [String: [String]]

    /// - Parameters:
    ///   - paths: of the images; the program's is empty.
    ///   - needs: names of libraries, by the path of the image that needs them.
    package init(paths: [String], needs: [String: [String]]) {
        self.paths = paths
        self.needs = needs
    }

    /// Images that nobody would have without these libraries, and without these needs: neither the
    /// program, nor what was loaded besides, nor anything that those need.
    package func reached(
        onlyFrom libraries: Set<String>, orBy uncalled: [Need] = []
    ) -> Set<String> {
        let later = reached(from: paths.filter { libraries.contains(lastComponent(of: $0)) })
        let linked = reached(from: [""])
        let left = reached(from: [""], without: uncalled)
        let besides = paths.filter { !later.contains($0) && !linked.contains($0) }
        return later.union(linked).subtracting(left)
            .subtracting(reached(from: besides, without: uncalled))
    }

    private func reached(from roots: [String], without uncalled: [Need] = []) -> Set<String> {
        let places = Dictionary(paths.map { (lastComponent(of: $0), $0) }) { first, _ in first }
        var found: Set<String> = []
        var next = roots
        while let path = next.popLast() {
            guard found.insert(path).inserted else { continue }
            let user = lastComponent(of: path)
            next += (needs[path] ?? [])
                .filter { !uncalled.contains(Need(of: user, library: lastComponent(of: $0))) }
                .compactMap { places[lastComponent(of: $0)] }
        }
        return found
    }
}
