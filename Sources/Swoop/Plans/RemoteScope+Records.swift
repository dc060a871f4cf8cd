// Records of one width in files.

public import SwoopElements

extension RemoteScope {
    /// The records of files in which each takes as many bytes as its fields together, little-endian
    /// and with nothing between: `remote.records("ticks.bin", as: Tick.self)`.
    ///
    /// - Parameters:
    ///   - files: paths of this machine; each holds whole records.
    ///   - row: a `@Record` struct of numbers and `Bool`, or a number.
    public func records<Row: RemoteValue>(
        _ files: String..., as row: Row.Type
    ) -> Chain<_MapStage<_TextSource<_FixedWidthFormat>, _RecordDecoding<Row>>> {
        records(of: TextFiles(files), as: row)
    }

    /// The records of a list of files.
    public func records<Row: RemoteValue>(
        _ files: [String], as row: Row.Type
    ) -> Chain<_MapStage<_TextSource<_FixedWidthFormat>, _RecordDecoding<Row>>> {
        records(of: TextFiles(files), as: row)
    }

    /// The records of files that may be shared by all nodes.
    public func records<Row: RemoteValue>(
        of files: TextFiles, as row: Row.Type
    ) -> Chain<_MapStage<_TextSource<_FixedWidthFormat>, _RecordDecoding<Row>>> {
        guard let byteCount = Row._fixedByteCount else {
            recording.fail(
                SwoopError(
                    .invalidPlan, "\(row) has no fixed width",
                    advice: "Use fields that are numbers or Bool, or `records(_:byteCount:)`."))
            return chain(of: TextFiles([]), byteCount: 1).map(_RecordDecoding<Row>())
        }
        check(files, byteCount: byteCount, name: "a \(row)")
        return chain(of: files, byteCount: byteCount).map(_RecordDecoding<Row>())
    }

    /// The records of files in which each takes so many bytes, as these bytes: for a function that
    /// makes something of them.
    public func records(
        _ files: String..., byteCount: Int
    ) -> Chain<_TextSource<_FixedWidthFormat>> {
        records(of: TextFiles(files), byteCount: byteCount)
    }

    /// The records of a list of files, as their bytes.
    public func records(
        _ files: [String], byteCount: Int
    ) -> Chain<_TextSource<_FixedWidthFormat>> {
        records(of: TextFiles(files), byteCount: byteCount)
    }

    /// The records of files that may be shared by all nodes, as their bytes.
    public func records(
        of files: TextFiles, byteCount: Int
    ) -> Chain<_TextSource<_FixedWidthFormat>> {
        if byteCount < 1 {
            recording.fail(SwoopError(.invalidPlan, "records of \(byteCount) bytes"))
        } else {
            check(files, byteCount: byteCount, name: "a record")
        }
        return chain(of: files, byteCount: byteCount)
    }

    private func chain(
        of files: TextFiles, byteCount: Int
    ) -> Chain<_TextSource<_FixedWidthFormat>> {
        Chain<_TextSource<_FixedWidthFormat>>._text(
            files, format: _FixedWidthFormat(byteCount: byteCount), recorder: recording)
    }

    private func check(_ files: TextFiles, byteCount: Int, name: String) {
        for source in recording.sources(of: files, for: .records)
        where source.byteCount % byteCount != 0 {
            recording.fail(
                SwoopError(
                    .sourceFailed,
                    "\(source.path) has \(source.byteCount) bytes, no multiple of the \(byteCount) "
                        + "bytes of \(name)",
                    advice: "Look at the record's fields, and whether the file is complete."))
        }
    }
}
