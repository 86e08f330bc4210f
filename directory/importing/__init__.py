"""A department's lists come as CSV from spreadsheets: read strictly, row by row, so that one bad row stops no other."""
