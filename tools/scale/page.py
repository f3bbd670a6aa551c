def write_page(run, data):
    pass
