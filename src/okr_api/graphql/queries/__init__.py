"""The queries: where reading begins. Each names rows; what is selected of them is loaded as declared."""
